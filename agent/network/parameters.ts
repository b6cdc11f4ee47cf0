/** Named arrays of weights: how they are made, picked, copied and joined. */
import type { Rng } from '../../sim/math/rng.ts';

/** One named array of weights. */
export interface Parameter {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Weights by name, in a fixed order. */
export type Parameters = Readonly<Record<string, Parameter>>;

/** Number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

/** He-normal weights (He et al., 2015): standard deviation sqrt(2 / fan-in). */
export function heNormal(shape: readonly number[], fanIn: number, rng: Rng): Parameter {
  const deviation = Math.sqrt(2 / fanIn);
  return { shape, values: Float32Array.from({ length: sizeOf(shape) }, () => rng.normal() * deviation) };
}

export const zeros = (shape: readonly number[]): Parameter => ({ shape, values: new Float32Array(sizeOf(shape)) });

/** The named weights, not copied. */
export const pick = (parameters: Parameters, names: readonly string[]): Parameters =>
  Object.fromEntries(names.map((name) => [name, parameters[name]]));

/** Arrays and parameters as parameters under a prefix. */
export const prefixed = (
  prefix: string,
  p: Parameters | Readonly<Record<string, Float32Array>>,
): Record<string, Parameter> =>
  Object.fromEntries(
    Object.entries(p).map(([k, v]) => [
      `${prefix}${k}`,
      v instanceof Float32Array ? { shape: [v.length], values: v } : v,
    ]),
  );

/** The parameters under a prefix, without it. */
export const withPrefix = (prefix: string, p: Parameters): Record<string, Parameter> =>
  Object.fromEntries(
    Object.entries(p)
      .filter(([k]) => k.startsWith(prefix))
      .map(([k, v]) => [k.slice(prefix.length), v]),
  );

/** The weights whose names are to be kept. */
export const named = (parameters: Parameters, keep: (name: string) => boolean): Parameters =>
  Object.fromEntries(Object.entries(parameters).filter(([name]) => keep(name)));

/** A deep copy. */
export const copyParameters = (p: Parameters): Parameters =>
  Object.fromEntries(Object.entries(p).map(([k, { shape, values }]) => [k, { shape, values: values.slice() }]));

/** Arrays one after the other. */
export function joined(arrays: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(arrays.reduce((n, a) => n + a.length, 0));
  let at = 0;
  for (const a of arrays) {
    out.set(a, at);
    at += a.length;
  }
  return out;
}
