import { describe, expect, it } from 'vitest';
import { parseRequest } from '../../../scenarios/env/requests.ts';

/** A request, and the ids that were told of. */
function parsed(text: string) {
  const ids: unknown[] = [];
  const request = () => parseRequest(text, (id) => ids.push(id));
  return { request, ids };
}

describe('a request', () => {
  it('has defaults for what is left out', () => {
    expect(parsed('{"id":1,"type":"hello","version":1}').request()).toEqual({
      ...{ id: 1, type: 'hello', version: 1, envs: 1, autoreset: false },
      observe: ['colour', 'depth', 'heightmap'],
    });
    expect(parsed('{"id":"a","type":"reset"}').request()).toEqual({ id: 'a', type: 'reset', env: 0 });
  });

  it.each([
    ['', /^message: expected one JSON object, got ""$/],
    ['[1]', /^message: expected one JSON object, got \[1\]$/],
    ['{"type":"reset"}', /^message\.id: expected a number or a text .*, got nothing$/],
    [`{"id":"${'x'.repeat(100)}","type":"reset"}`, /^message\.id: expected a number or a text .*, got "x{59}\.\.\.$/],
    ['{"id":1}', /^message\.type: expected one of hello, reset, step, propose, close, got undefined$/],
    ['{"id":1,"type":"toString"}', /^message\.type: expected one of /],
    ['{"id":1,"type":"hello","version":2}', /^hello\.version: expected 1, got 2$/],
    ['{"id":1,"type":"hello","version":1,"envs":0}', /^hello\.envs: expected an integer of 1 to 256, got 0$/],
    [
      '{"id":1,"type":"hello","version":1,"observe":["smell"]}',
      /^hello\.observe\.0: expected colour or .*, got "smell"$/,
    ],
    ['{"id":1,"type":"reset","seed":-1}', /^reset\.seed: expected an integer of 0 to \d+, got -1$/],
    ['{"id":1,"type":"reset","split":"test"}', /^reset\.split: expected training or evaluation, got "test"$/],
    ['{"id":1,"type":"reset","sede":1}', /^reset: expected only known keys, got 'sede'$/],
    ['{"id":1,"type":"propose","policy":"luck"}', /^propose\.policy: expected random or .*, got "luck"$/],
  ])('is refused as %s', (text, error) => expect(parsed(text).request).toThrow(error));

  it('tells its id before it is refused', () => {
    const { request, ids } = parsed('{"id":7,"type":"dance"}');
    expect(request).toThrow();
    expect(ids).toEqual([7]);
  });
});
