import { describe, expect, it } from 'vitest';
import {
  decodeServerBinary,
  decodeServiceRequest,
  encodeMessageData,
  encodeServiceRequest,
  encodeServiceResponse,
  encodeTime,
} from '../../../viewer/foxglove/protocol.ts';

const payload = Uint8Array.of(9, 8, 7);

describe('binary messages', () => {
  it('have the bytes of the specification', () => {
    expect([...encodeMessageData(0x01020304, 0x1122334455667788n, payload)]).toEqual([
      ...[1, 4, 3, 2, 1, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11],
      ...[9, 8, 7],
    ]);
    expect([...encodeTime(258n)]).toEqual([2, 2, 1, 0, 0, 0, 0, 0, 0]);
    const call = { service: 5, call: 0x0a0b, encoding: 'json', payload };
    const body = [5, 0, 0, 0, 0x0b, 0x0a, 0, 0, 4, 0, 0, 0, 0x6a, 0x73, 0x6f, 0x6e, 9, 8, 7];
    expect([...encodeServiceResponse(call)]).toEqual([3, ...body]);
    expect([...encodeServiceRequest(call)]).toEqual([2, ...body]);
  });

  it('come back as they were', () => {
    const call = { service: 5, call: 0xffffffff, encoding: 'json', payload };
    expect(decodeServerBinary(encodeMessageData(7, 2n ** 63n, payload))).toEqual({
      ...{ op: 'messageData', subscription: 7, time: 2n ** 63n, payload },
    });
    expect(decodeServerBinary(encodeTime(12n))).toEqual({ op: 'time', time: 12n });
    expect(decodeServerBinary(encodeServiceResponse(call))).toEqual({ op: 'serviceResponse', ...call });
    expect(decodeServiceRequest(encodeServiceRequest(call))).toEqual(call);
  });

  it('of a later version of the protocol are passed over', () => {
    expect(decodeServerBinary(Uint8Array.of(77, 1, 2))).toBeUndefined();
  });

  it.each([
    ['nothing', [], 'expected at least 1 bytes, got 0'],
    ['a short message', [1, 0, 0], 'expected at least 13 bytes, got 3'],
    ['a short time', [2, 0], 'expected at least 9 bytes, got 2'],
    [
      'an encoding that is longer than the message',
      [3, ...new Array(8).fill(0), 255, 255, 255, 255, 1],
      'bytes, got 14',
    ],
  ])('refuse %s', (_, bytes, message) => {
    expect(() => decodeServerBinary(Uint8Array.from(bytes))).toThrow(message);
  });

  it('of a client can only be calls', () => {
    expect(() => decodeServiceRequest(Uint8Array.of(1, 0, 0, 0, 0))).toThrow(/opcode 2 \(service call\), got 1/);
    expect(() => decodeServiceRequest(Uint8Array.of(2, 0))).toThrow('expected at least 13 bytes, got 2');
  });
});
