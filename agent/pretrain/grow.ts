/** Growing: a pretraining that begins where another network ended: a larger one, or a head of another kind on the same trunk. */
import type { Backbone } from '../backbones/own.ts';
import { layersOf } from '../network/architecture.ts';
import { LOOKS } from '../network/features.ts';
import type { Parameter } from '../network/parameters.ts';
import { type Layer, tapsOf } from '../network/trunk-layers.ts';
import { normParameters, type Pretraining, type PretrainSettings } from './pretraining.ts';

/** Begins a pretraining with a backbone's weights. @throws RangeError if it cannot. */
export const begin = (state: Pretraining, backbone: Backbone, { frozen }: Pick<PretrainSettings, 'frozen'>): void =>
  frozen ? standOn(state, backbone) : growFrom(state, backbone);

/**
 * Puts a backbone's weights into a pretraining of a network that is as wide or wider and as deep or deeper, so that it answers
 * as before (Net2Net: Chen et al., 2016): what is new starts at random and is not listened to yet, and a new layer hands on
 * what it gets.
 * @throws RangeError if the network cannot hold the backbone's.
 */
export function growFrom(state: Pretraining, backbone: Backbone): void {
  const [from, to] = [layersOf(backbone.architecture), state.layers];
  if (!fits(from, to))
    throw new RangeError(
      `backbone '${backbone.name}': expected layers that fit into ${describe(to)}, got ${describe(from)}`,
    );
  to.forEach(({ name }, i) => {
    const kernel = state.parameters[`${name}/kernel`];
    const old =
      i < from.length ? backbone.parameters[`${from[i].name}/kernel`] : identity(from[from.length - 1].outputs);
    placeKernel(kernel, old);
    const bias = i < from.length ? backbone.parameters[`${from[i].name}/bias`].values : new Float32Array(0);
    state.parameters[`${name}/bias`].values.fill(0).set(bias);
  });
  const { jaws } = backbone.heads;
  if (jaws) growHead(state, jaws.parameters, jaws.standardization, from);
}

/**
 * Puts a backbone's trunk, as it is, under the fresh head of a pretraining that leaves the trunk alone.
 * @throws RangeError if the backbone was pretrained without a head, whose standardised features the new one reads, too.
 */
function standOn(state: Pretraining, backbone: Backbone): void {
  const { jaws } = backbone.heads;
  if (!jaws)
    throw new RangeError(
      `backbone '${backbone.name}': expected one that was pretrained on grasps, got one without a head`,
    );
  const given = { ...backbone.parameters, ...normParameters(jaws.standardization) };
  for (const [name, { values }] of Object.entries(given)) state.parameters[name].values.set(values);
}

const describe = (layers: readonly Layer[]): string =>
  layers.map(({ outputs, stride, tap }) => `${outputs}${stride > 1 ? '/' : ''}${tap ? '*' : ''}`).join(' ');

/** Layer for layer no narrower, the same kernels, strides and taps; the last tap may come later, behind layers that keep its grid. */
function fits(from: readonly Layer[], to: readonly Layer[]): boolean {
  if (to.length < from.length) return false;
  return to.every((layer, i) => {
    const old = from[i] ?? from[from.length - 1];
    const tapped = i < from.length - 1 ? layer.tap === old.tap : layer.tap === (i === to.length - 1);
    const [stride, size] = i < from.length ? [old.stride, old.size] : [1, undefined];
    return layer.outputs >= old.outputs && layer.stride === stride && layer.size === size && tapped;
  });
}

/** A 3 x 3 kernel that hands on what it gets. */
function identity(channels: number): Parameter {
  const values = new Float32Array(9 * channels * channels);
  for (let c = 0; c < channels; c++) values[(4 * channels + c) * channels + c] = 1;
  return { shape: [3, 3, channels, channels], values };
}

/** The old outputs read the old inputs alone; new outputs keep their random start. Kernels are [rows, cols, in, out]. */
function placeKernel(kernel: Parameter, old: Parameter): void {
  const [rows, cols, inputs, outputs] = kernel.shape;
  const [, , oldInputs, oldOutputs] = old.shape;
  for (let k = 0; k < rows * cols; k++)
    for (let i = 0; i < inputs; i++)
      for (let o = 0; o < oldOutputs; o++)
        kernel.values[(k * inputs + i) * outputs + o] =
          i < oldInputs ? old.values[(k * oldInputs + i) * oldOutputs + o] : 0;
}

/** The head on features as they come, in the places of the wider taps; hidden units and members are the same. */
function growHead(
  { parameters, layers }: Pretraining,
  head: Readonly<Record<string, Parameter>>,
  { mean, scale }: { readonly mean: Float32Array; readonly scale: Float32Array },
  from: readonly Layer[],
): void {
  const places = featurePlaces(from, layers);
  const kernel = parameters['head/hidden/kernel'];
  const bias = parameters['head/hidden/bias'].values;
  const [, units] = kernel.shape;
  if (head['head/hidden/bias'].values.length !== units)
    throw new RangeError(`head: expected ${units} hidden units, got ${head['head/hidden/bias'].values.length}`);
  kernel.values.fill(0);
  bias.set(head['head/hidden/bias'].values);
  places.forEach((place, f) => {
    for (let u = 0; u < units; u++) {
      const weight = head['head/hidden/kernel'].values[f * units + u] * scale[f];
      kernel.values[place * units + u] = weight;
      bias[u] -= weight * mean[f];
    }
  });
  for (const name of ['head/logit/kernel', 'head/logit/bias']) parameters[name].values.set(head[name].values);
  const descriptor = parameters['head/descriptor/kernel'].values.fill(0);
  descriptor.set(head['head/descriptor/kernel'].values.subarray(0, descriptor.length));
}

/** Where each feature of the smaller network lies among those of the wider: taps, looks, channels. */
function featurePlaces(from: readonly Layer[], to: readonly Layer[]): number[] {
  const [old, wide] = [tapsOf(from), tapsOf(to)];
  const places: number[] = [];
  let start = 0;
  old.forEach(({ channels }, t) => {
    LOOKS.forEach((_, l) => {
      for (let c = 0; c < channels; c++) places.push(start + l * wide[t].channels + c);
    });
    start += LOOKS.length * wide[t].channels;
  });
  return places;
}
