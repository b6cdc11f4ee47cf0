/** Event file: scalars by step, as TensorBoard reads them (TFRecord frames of `tensorflow.Event`). */
import { messagesOf } from '../export/protobuf.ts';

/** What is known at one step. */
export interface ScalarEvent {
  readonly step: number;
  /** By tag. */
  readonly values: Readonly<Record<string, number>>;
}

/** Bytes of event files. */
export interface EventCodec {
  /** What a file begins with. */
  readonly head: Uint8Array;
  /** Frames to append. A value is kept as float32. */
  readonly encode: (events: readonly ScalarEvent[]) => Uint8Array;
  /** The events of a file up to the first frame that is not whole. */
  readonly decode: (file: Uint8Array) => ScalarEvent[];
}

/** The fields of `event.proto` and `summary.proto` that scalars need. */
const EVENTS = messagesOf({
  Event: { wall_time: [1, 'double'], step: [2, 'int64'], file_version: [3, 'string'], summary: [5, 'Summary'] },
  Summary: { value: [1, 'SummaryValue[]'] },
  SummaryValue: { tag: [1, 'string'], simple_value: [2, 'float'] },
});

/** The polynomial of CRC-32C (Castagnoli), reflected. */
const CASTAGNOLI = 0x82f63b78;
/** Length (8 bytes) and its checksum before the data, the data's checksum behind it. */
const [BEFORE, BEHIND] = [12, 4];

/** Makes the codec: its checksum runs in WebAssembly, which is loaded first. */
export async function loadEventCodec(): Promise<EventCodec> {
  const { createCRC32 } = await import('hash-wasm');
  const crc = await createCRC32(CASTAGNOLI);
  const checksum: Checksum = (bytes) => {
    const digest = crc.init().update(bytes).digest('binary');
    return masked(new DataView(digest.buffer, digest.byteOffset).getUint32(0));
  };
  return {
    head: frame({ wallTime: 0, fileVersion: 'brain.Event:2' }, checksum),
    encode: (events) => Buffer.concat(events.map((event) => frame(fieldsOf(event), checksum))),
    decode: (file) => [...dataOf(file, checksum)].flatMap(eventOf),
  };
}

type Checksum = (bytes: Uint8Array) => number;

/** TFRecord's checksum of a CRC: rotated by 15 bits, a constant added, so that a CRC can be part of what is checked. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

/** The wall time is the step, in seconds: no clock is read, so that equal runs write equal files. */
const fieldsOf = ({ step, values }: ScalarEvent) => ({
  ...{ wallTime: step, step },
  summary: { value: Object.entries(values).map(([tag, simpleValue]) => ({ tag, simpleValue })) },
});

function frame(fields: Parameters<typeof EVENTS.encode>[1], checksum: Checksum): Uint8Array {
  const data = EVENTS.encode('Event', fields);
  const out = new Uint8Array(BEFORE + data.length + BEHIND);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, checksum(out.subarray(0, 8)), true);
  out.set(data, BEFORE);
  view.setUint32(BEFORE + data.length, checksum(data), true);
  return out;
}

/** The data of every whole frame. */
function* dataOf(file: Uint8Array, checksum: Checksum): Generator<Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 0; at + BEFORE + BEHIND <= file.length; ) {
    const end = at + BEFORE + Number(view.getBigUint64(at, true));
    if (end + BEHIND > file.length || view.getUint32(at + 8, true) !== checksum(file.subarray(at, at + 8))) return;
    const data = file.subarray(at + BEFORE, end);
    if (view.getUint32(end, true) !== checksum(data)) return;
    yield data;
    at = end + BEHIND;
  }
}

/** What a frame says; nothing if it is the head. */
function eventOf(data: Uint8Array): ScalarEvent[] {
  const { step, summary } = EVENTS.decode('Event', data) as { step: bigint; summary?: Summary };
  if (!summary) return [];
  return [{ step: Number(step), values: Object.fromEntries(summary.value.map((v) => [v.tag, v.simpleValue])) }];
}

interface Summary {
  readonly value: readonly { readonly tag: string; readonly simpleValue: number }[];
}
