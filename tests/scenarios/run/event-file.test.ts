import { beforeAll, describe, expect, it } from 'vitest';
import { type EventCodec, loadEventCodec, type ScalarEvent } from '../../../scenarios/run/event-file.ts';
import { recordsOf } from '../../support/event-records.ts';

let codec: EventCodec;
beforeAll(async () => {
  codec = await loadEventCodec();
});

const EVENTS: readonly ScalarEvent[] = [
  { step: 1, values: { 'train/success': 0.5, 'train/loss': 0.25 } },
  { step: 300, values: {} },
  { step: 301, values: { 'train/success': 0 } },
];

const file = (): Uint8Array => Buffer.concat([codec.head, codec.encode(EVENTS)]);

describe('an event file', () => {
  it('is made of records whose lengths and checksums another reader finds right', () => {
    const records = recordsOf(file());
    expect(records).toHaveLength(4);
    // wall_time 0 (double), file_version
    expect(Buffer.from(records[0]).toString('latin1')).toContain('\x1a\x0dbrain.Event:2');
    // the first event: wall_time 1, step 1
    expect([...records[1].subarray(0, 11)]).toEqual([0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x10, 1]);
  });

  it('gives back its events', () => {
    expect(codec.decode(file())).toEqual(EVENTS);
    expect(codec.decode(codec.head)).toEqual([]);
  });

  it('ends at the first record that is not whole', () => {
    const whole = file();
    for (const lost of [1, 5, 20])
      expect(codec.decode(whole.subarray(0, whole.length - lost))).toEqual(EVENTS.slice(0, 2));
    for (const at of [codec.head.length, codec.head.length + 9, codec.head.length + 14]) {
      const damaged = Uint8Array.from(whole, (byte, i) => (i === at ? byte ^ 4 : byte));
      expect(codec.decode(damaged), `byte ${at}`).toEqual([]);
    }
  });
});
