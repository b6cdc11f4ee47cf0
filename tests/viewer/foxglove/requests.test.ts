import { describe, expect, it } from 'vitest';
import { parseRequest } from '../../../viewer/foxglove/requests.ts';

describe('requests', () => {
  it.each([
    { op: 'subscribe', subscriptions: [{ id: 1, channelId: 2 }] },
    { op: 'unsubscribe', subscriptionIds: [0, 0xffffffff] },
    { op: 'getParameters', parameterNames: [], id: 'all' },
    { op: 'setParameters', parameters: [{ name: 'graft.paused', value: true }] },
    { op: 'subscribeParameterUpdates', parameterNames: ['graft.run'] },
    { op: 'unsubscribeParameterUpdates', parameterNames: [] },
  ])('are read: $op', (request) => expect(parseRequest(JSON.stringify(request))).toEqual(request));

  it('that are not offered are told apart from nonsense', () => {
    expect(parseRequest('{"op":"fetchAsset","uri":"x","requestId":1}')).toEqual({ op: 'unknown', name: 'fetchAsset' });
  });

  it.each([
    ['hello?', 'expected JSON, got "hello?"'],
    ['[]', 'expected an object with an op'],
    ['{"op":7}', 'expected an object with an op'],
    ['{"op":"subscribe"}', 'subscribe: subscriptions: '],
    ['{"op":"subscribe","subscriptions":[{"id":-1,"channelId":1}]}', 'subscribe: subscriptions.0.id: '],
    ['{"op":"unsubscribe","subscriptionIds":["a"]}', 'unsubscribe: subscriptionIds.0: '],
    ['{"op":"getParameters","parameterNames":3}', 'getParameters: parameterNames: '],
    ['{"op":"subscribe","subscriptions":[{"id":4294967296,"channelId":1}]}', 'subscribe: subscriptions.0.id: '],
    [JSON.stringify({ op: 'unsubscribe', subscriptionIds: Array(201).fill(1) }), 'unsubscribe: subscriptionIds: '],
    [JSON.stringify({ op: 'getParameters', parameterNames: ['x'.repeat(201)] }), 'getParameters: parameterNames.0: '],
  ])('are refused with the reason: %s', (text, message) => {
    expect(() => parseRequest(text)).toThrow(message);
  });
});
