/** The words of a double, for functions that are defined by them. */
const double = new Float64Array(1);
const words = new Int32Array(double.buffer);
/** Index of the word with sign and exponent: depends on the byte order. */
const HIGH = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** Sign, exponent and the upper 20 bits of the fraction, as a signed integer. */
export function highWord(x: number): number {
  double[0] = x;
  return words[HIGH];
}

/** The number with another high word. */
export function withHigh(x: number, high: number): number {
  double[0] = x;
  words[HIGH] = high;
  return double[0];
}

/** The number with its lower 32 bits cleared. */
export function truncated(x: number): number {
  double[0] = x;
  words[1 - HIGH] = 0;
  return double[0];
}

/** x * 2 ** k, for a normal number and a normal result. */
export const scaled = (x: number, k: number): number => withHigh(x, highWord(x) + (k << 20));
