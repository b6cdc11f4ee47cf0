/** Model cards: what is read of the JSON beside weights, and how it is checked. */
import { z } from 'zod';
import { PRIORS } from '../network/architecture.ts';

const positive = z.number().int().min(1).max(65_536);
const names = z.array(z.string().min(1)).min(1).max(16);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, { error: 'expected 64 hexadecimal digits' });

/** What graft reads of the model card beside its own weights. Other keys are for people. */
export const ownCard = z.object({
  summary: z.string().optional(),
  /** As `parametersHash`. */
  hash: z.string().optional(),
  /** As `startHash`, of a trunk with a head. */
  startHash: z.string().optional(),
  /** In order; the shipped network's if left out. */
  layers: z
    .array(z.object({ name: z.string().min(1), outputs: positive, stride: z.literal([1, 2]), tap: z.boolean() }))
    .min(1)
    .refine((layers) => layers.some((l) => l.tap), { error: 'expected at least one layer with tap: true' })
    .refine((layers) => new Set(layers.map((l) => l.name)).size === layers.length, { error: 'expected unique names' })
    .optional(),
});

const spatial = { name: z.string().min(1), input: z.string().min(1) };
const strides = z.tuple([z.literal([1, 2, 4]), z.literal([1, 2, 4])]).refine(([a, b]) => a === b, {
  error: 'expected the same stride along both axes',
});
const activation = z.enum(['linear', 'relu', 'relu6']).default('linear');
const convolution = {
  ...spatial,
  kernel: z.string().min(1),
  bias: z.string().min(1).optional(),
  strides: strides.default([1, 1]),
  padding: z.literal('same'),
  activation,
};

/** A layer that keeps the picture's layout, or one of the top of a classifier, which graft passes over. */
const layer = z.discriminatedUnion('op', [
  z.object({ op: z.literal('conv2d'), ...convolution }),
  z.object({ op: z.literal('depthwiseConv2d'), ...convolution }),
  z.object({ op: z.literal('maxPool'), ...spatial, size: positive, strides, padding: z.literal('same') }),
  z.object({ op: z.literal('add'), name: z.string().min(1), inputs: names.min(2), activation }),
  z.object({ op: z.literal('concat'), name: z.string().min(1), inputs: names.min(2) }),
  z.object({ op: z.literal(['globalAveragePool', 'dense', 'softmax']), ...spatial }),
]);

/** One layer of a layer list. */
export type ListedLayer = z.infer<typeof layer>;

const triple = z.tuple([z.number(), z.number(), z.number()]);

/** The pictures that a foreign network is shown, one pass each. */
export const PASSES = ['colour', 'height', 'normals'] as const;
export type Pass = (typeof PASSES)[number];

/**
 * The model card of a foreign network: where its weights are, how its input is prepared, which layers are read. Other keys
 * are for people.
 */
export const foreignCard = z
  .object({
    name: z.string().optional(),
    architecture: z.string().optional(),
    summary: z.string().optional(),
    license: z.union([z.string(), z.object({ spdx: z.string() })]).optional(),
    /** A list of layers; the weights are in the .safetensors file beside the card. */
    layers: z.array(layer).min(1).optional(),
    sha256: z.object({ safetensors: sha256.optional() }).optional(),
    /** A TensorFlow.js model.json, layers or graph; path (from the card's folder) or URL. */
    tfjs: z.object({ model: z.string().min(1), sha256: sha256.optional() }).optional(),
    /** An ONNX file; path (from the card's folder) or URL. */
    onnx: z.object({ model: z.string().min(1), sha256: sha256.optional() }).optional(),
    input: z.object({
      /** Input = (value - mean) / scale, value from 0 to 255, by channel. */
      mean: triple,
      scale: triple.refine((s) => s.every((v) => v !== 0), { error: 'expected no 0' }),
      colorOrder: z.enum(['RGB', 'BGR']).default('RGB'),
      layout: z.enum(['NHWC', 'NCHW']).optional(),
    }),
    /** Layers that are read unless the scenario names others. */
    taps: names.optional(),
    passes: z
      .array(z.enum(PASSES))
      .min(1)
      .default([...PASSES]),
  })
  .refine((c) => [c.layers, c.tfjs, c.onnx].filter(Boolean).length === 1, {
    error: "expected exactly one of 'layers', 'tfjs' and 'onnx'",
  });
export type ForeignCard = z.infer<typeof foreignCard>;

/** An `Architecture`, as it is stored with a policy. */
export const storedArchitecture = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('own'),
    layers: z.array(
      z.object({
        name: z.string(),
        inputs: positive,
        outputs: positive,
        stride: z.literal([1, 2]),
        size: positive.optional(),
        tap: z.boolean(),
      }),
    ),
    prior: z.enum(PRIORS).optional(),
  }),
  z.object({
    kind: z.literal('foreign'),
    source: z.string(),
    hash: sha256,
    taps: z.array(z.object({ name: z.string(), stride: positive, channels: positive, shift: z.number() })).min(1),
  }),
]);

/** @throws Error `<where>: <key>: expected ..., got ...` if the text is no JSON or does not fit the schema. */
export function parseCard<T extends z.ZodType>(schema: T, text: string, where: string): z.infer<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${where}: expected a model card in JSON, got: ${error instanceof Error ? error.message : error}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  const got = JSON.stringify(
    path.reduce<unknown>((v, k) => (v as Record<PropertyKey, unknown> | undefined)?.[k], value),
  );
  const what = message.replace(/^Invalid \w+: /, '');
  throw new Error(`${where}: ${path.join('.') || 'model card'}: ${what}, got ${got?.slice(0, 80) ?? 'nothing'}`);
}
