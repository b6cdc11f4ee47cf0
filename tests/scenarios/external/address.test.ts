import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addressHash, isExternal, parseExternal } from '../../../scenarios/external/address.ts';
import { temporaryFolder } from '../../support/process/cli.ts';

describe('the address of an external policy', () => {
  it.each([
    ['external:python3 arm.py', 'external', { command: ['python3', 'arm.py'] }],
    ['mine=external:node "my arm.js" --rate 0.1', 'mine', { command: ['node', 'my arm.js', '--rate', '0.1'] }],
    ['external:a \'b "c"\' d\\ e f"g h"', 'external', { command: ['a', 'b "c"', 'd e', 'fg h'] }],
    ['external:a "x \\"y\\"" \'\'', 'external', { command: ['a', 'x "y"', ''] }],
    ['far=external:ws://127.0.0.1:9000/arm', 'far', { url: 'ws://127.0.0.1:9000/arm' }],
  ])('reads %s', (text, name, address) => {
    expect(isExternal(text)).toBe(true);
    expect(parseExternal(text)).toEqual({ name, address });
  });

  it('is no name of a policy, and no path', () => {
    for (const text of ['random', 'runs/external', 'pretrained']) expect(isExternal(text)).toBe(false);
  });

  it.each([
    ['external:', /^external: expected \[name=\]external:<command line> .*, got 'external:'$/],
    ['a b=external:x', /^external: expected a name of letters, digits, - and _, got 'a b'$/],
    ['../up=external:x', /^external: expected a name of letters/],
    ['external:node "arm.js', /^external: expected a command line with closed quotes, got \.\.\. "arm\.js$/],
    ['external:ws://', /^external: expected a URL such as ws:\/\/127\.0\.0\.1:9000, got 'ws:\/\/'$/],
  ])('is refused as %s', (text, error) => expect(() => parseExternal(text)).toThrow(error));

  it('is another where a file among its words is another', () => {
    const file = join(temporaryFolder(), 'arm.py');
    const hash = (): string => addressHash({ command: ['python3', file] });
    writeFileSync(file, 'one');
    const one = hash();
    expect(hash()).toBe(one);
    writeFileSync(file, 'two');
    expect(hash()).not.toBe(one);
    expect(addressHash({ url: 'ws://a' })).not.toBe(addressHash({ url: 'ws://b' }));
  });
});
