/** Sizes of the trunks that graft pretrains. */
import { LAYERS, type Layer } from '../network/trunk-layers.ts';
import { INPUT_CHANNELS } from '../network/window.ts';

/** Layers by their outputs; each reads the one before. */
const chain = (layers: readonly Omit<Layer, 'inputs'>[]): readonly Layer[] =>
  layers.map((layer, i) => ({ ...layer, inputs: i === 0 ? INPUT_CHANNELS : layers[i - 1].outputs }));

/** Trunks that graft pretrains, by size. Both are read at strides 1, 2 and 4. */
export const TRUNK_SIZES = {
  /** 11 million multiplications a crop, receptive field 29 cells. */
  small: LAYERS,
  /** 22 million, 37 cells. */
  wide: chain([
    { name: 'conv1', outputs: 16, stride: 1, tap: true },
    { name: 'conv2', outputs: 32, stride: 2, tap: false },
    { name: 'conv3', outputs: 32, stride: 1, tap: true },
    { name: 'conv4', outputs: 64, stride: 2, tap: false },
    { name: 'conv5', outputs: 64, stride: 1, tap: false },
    { name: 'conv6', outputs: 64, stride: 1, tap: false },
    { name: 'conv7', outputs: 64, stride: 1, tap: true },
  ]),
  /** 28 million, 45 cells. */
  large: chain([
    { name: 'conv1', outputs: 24, stride: 1, tap: true },
    { name: 'conv2', outputs: 32, stride: 2, tap: false },
    { name: 'conv3', outputs: 32, stride: 1, tap: true },
    { name: 'conv4', outputs: 64, stride: 2, tap: false },
    { name: 'conv5', outputs: 64, stride: 1, tap: false },
    { name: 'conv6', outputs: 64, stride: 1, tap: false },
    { name: 'conv7', outputs: 64, stride: 1, tap: false },
    { name: 'conv8', outputs: 64, stride: 1, tap: true },
  ]),
} as const satisfies Record<string, readonly Layer[]>;
export type TrunkSize = keyof typeof TRUNK_SIZES;
export const TRUNK_SIZE_NAMES = Object.keys(TRUNK_SIZES) as readonly TrunkSize[];
