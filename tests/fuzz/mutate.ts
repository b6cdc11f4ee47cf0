/** Mutation: sound input with some bytes changed, cut, doubled or made of another. */
import type { Rng } from '../../sim/math/rng.ts';

/** Numbers that are often forgotten, little-endian. */
const NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
/** Pieces of text that are often forgotten. */
const WORDS = [
  ...[
    '__proto__',
    'constructor',
    'toString',
    'null',
    'NaN',
    '-1',
    '1e999',
    '1e-999',
    '9007199254740993',
    '""',
    '[]',
    '{}',
  ],
  ...['\0', '\u{1f600}', '\ud800', '&a', '*a', '!!js/function x', '<!DOCTYPE a>', '%s', '../', '\n- ', ': ', '[', '{"'],
];

const piece = (bytes: Uint8Array, rng: Rng): Uint8Array => {
  const from = rng.int(bytes.length + 1);
  return bytes.subarray(from, from + rng.int(Math.min(bytes.length - from, 64) + 1));
};

const put = (bytes: Uint8Array, at: number, over: number, what: Uint8Array): Uint8Array =>
  Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at + over)]);

function number(rng: Rng): Uint8Array {
  const bytes = new Uint8Array(1 << rng.int(4));
  const value = rng.pick(NUMBERS);
  for (let i = 0; i < bytes.length; i++) bytes[i] = i < 4 ? (value >>> (8 * i)) & 255 : value === 0xffffffff ? 255 : 0;
  return bytes;
}

/** One change. @param other sound input that pieces are taken from. */
function change(bytes: Uint8Array, other: Uint8Array, isText: boolean, rng: Rng): Uint8Array {
  const at = rng.int(bytes.length + 1);
  switch (rng.int(isText ? 7 : 6)) {
    case 0: {
      const out = bytes.slice();
      if (out.length > 0) out[rng.int(out.length)] ^= 1 << rng.int(8);
      return out;
    }
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return put(bytes, at, rng.int(64), new Uint8Array(0));
    case 3:
      return put(bytes, at, 0, piece(other, rng));
    case 4: {
      const what = number(rng);
      return put(bytes, at, what.length, what);
    }
    case 5:
      return put(bytes, at, 0, Buffer.concat(Array.from({ length: 1 + rng.int(200) }, () => piece(bytes, rng))));
    default:
      return put(bytes, at, rng.int(8), new TextEncoder().encode(rng.pick(WORDS)));
  }
}

/** Input that was sound, changed in one to four places. */
export function mutated(sound: readonly Uint8Array[], isText: boolean, rng: Rng): Uint8Array {
  let bytes = rng.pick(sound);
  for (let n = 1 + rng.int(4); n > 0; n--) bytes = change(bytes, rng.pick(sound), isText, rng);
  return bytes;
}
