/** Network from a TensorFlow.js model. */
import type { Tf } from '../engine/engine.ts';
import type { Tensor } from '../network/tensors.ts';
import { type ImageNetwork, measureTaps } from './foreign-trunk.ts';
import { taken } from './layer-network.ts';

/** A model.json as read, and the bytes of its weight files in the order of its manifest. */
export interface TfjsFiles {
  readonly json: TfjsJson;
  readonly weights: readonly Uint8Array[];
}

/** The parts of a model.json that graft looks at; TensorFlow.js checks the rest. */
export interface TfjsJson {
  readonly format?: string;
  readonly modelTopology: Record<string, unknown>;
  readonly weightsManifest: readonly { readonly paths: readonly string[]; readonly weights: readonly object[] }[];
}

type Artifacts = Awaited<ReturnType<NonNullable<ReturnType<Tf['io']['fromMemory']>['load']>>>;

/** Whether the topology is a graph, of nodes, rather than layers. */
const isGraph = ({ modelTopology }: TfjsJson): boolean => Array.isArray(modelTopology.node);

/** A function that runs the model as far as the taps. */
type Run = (x: Tensor) => Tensor[];

/**
 * A network from a TensorFlow.js model.json, layers or graph, run as far as the taps. Its input may be of a fixed size in the
 * file: convolutions do not mind another.
 * @param where named in errors.
 * @throws Error if TensorFlow.js cannot read the model, or a tap is missing or keeps no regular grid.
 */
export async function tfjsNetwork(
  tf: Tf,
  { json, weights }: TfjsFiles,
  tapNames: readonly string[],
  where: string,
): Promise<ImageNetwork> {
  const artifacts = {
    modelTopology: isGraph(json) ? freeGraph(json.modelTopology) : freeLayers(json.modelTopology),
    weightSpecs: json.weightsManifest.flatMap((group) => group.weights),
    weightData: joined(weights),
    format: json.format,
  } as Artifacts;
  const { run, dispose } = await readable(where, () =>
    isGraph(json) ? openGraph(tf, artifacts, tapNames, where) : openLayers(tf, artifacts, tapNames, where),
  );
  const forward: ImageNetwork['forward'] = (images, count, rows, cols) =>
    tf.tidy(() => run(tf.tensor4d(images, [count, rows, cols, 3]))).map(taken);
  try {
    const taps = await readable(where, () =>
      measureTaps(tapNames, where, (side) =>
        tf.tidy(() => run(tf.zeros([1, side, side, 3])).map((tensor) => tensor.shape.slice())),
      ),
    );
    return { taps, forward, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Names the file in what TensorFlow.js throws. */
async function readable<T>(where: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(
      message.startsWith(where)
        ? message
        : `${where}: expected a model for pictures that TensorFlow.js can run, got: ${message}`,
    );
  }
}

async function openGraph(
  tf: Tf,
  artifacts: Artifacts,
  taps: readonly string[],
  where: string,
): Promise<{ run: Run; dispose: () => void }> {
  const nodes = (artifacts.modelTopology as { node: readonly { name: string; op: string }[] }).node;
  checkTaps(
    taps,
    nodes.filter((n) => !['Const', 'Placeholder'].includes(n.op)).map((n) => n.name),
    where,
  );
  const model = await tf.loadGraphModel({ load: async () => artifacts });
  return {
    run: (x) => [model.execute(x, [...taps])].flat() as Tensor[],
    dispose: () => model.dispose(),
  };
}

async function openLayers(
  tf: Tf,
  artifacts: Artifacts,
  taps: readonly string[],
  where: string,
): Promise<{ run: Run; dispose: () => void }> {
  checkWiring(artifacts.modelTopology, where);
  const whole = await tf.loadLayersModel({ load: async () => artifacts });
  try {
    checkTaps(
      taps,
      whole.layers.map((l) => l.name),
      where,
    );
    const outputs = taps.flatMap((name) => whole.getLayer(name).output);
    const model = tf.model({ inputs: whole.inputs, outputs });
    return { run: (x) => [model.predict(x)].flat() as Tensor[], dispose: () => void whole.dispose() };
  } catch (error) {
    whole.dispose();
    throw error;
  }
}

/** A layer of a layers topology, as far as it is looked at here. */
interface WiredLayer {
  readonly name?: unknown;
  readonly config?: unknown;
  readonly inbound_nodes?: unknown;
  readonly inboundNodes?: unknown;
}

/**
 * Makes sure that every layer can be built: what it reads is there, and not behind it. TensorFlow.js waits for ever for one
 * that cannot.
 * @throws Error naming the layer.
 */
function checkWiring(topology: unknown, where: string): void {
  mapObjects(topology, (object) => {
    if (Array.isArray(object.layers)) checkLayers(object.layers as readonly WiredLayer[], where);
    return object;
  });
}

function checkLayers(layers: readonly WiredLayer[], where: string): void {
  const sources = new Map(layers.map((layer) => [nameOf(layer), readsOf(layer)]));
  const built = new Set<string>();
  // whatever can be built is, until nothing more can
  for (let before = -1; built.size > before; ) {
    before = built.size;
    for (const [name, reads] of sources) if (reads.every((source) => built.has(source))) built.add(name);
  }
  const stuck = [...sources].find(([name]) => !built.has(name));
  if (!stuck) return;
  const missing = stuck[1].find((source) => !sources.has(source));
  const got = missing === undefined ? 'layers that wait for one another' : `'${missing}'`;
  throw new Error(`${where}: layer '${stuck[0]}': expected inbound layers of this model, got ${got}`);
}

function nameOf({ name, config }: WiredLayer): string {
  const inner = config && typeof config === 'object' && 'name' in config ? config.name : undefined;
  return String(name ?? inner ?? '');
}

/** Names of the layers that a layer reads: `inbound_nodes` is [call][input][name, node, tensor, ...]. */
const readsOf = (layer: WiredLayer): string[] => {
  const calls = layer.inbound_nodes ?? layer.inboundNodes;
  const inputs = Array.isArray(calls) ? calls.flat() : [];
  return inputs.flatMap((input) => (Array.isArray(input) && typeof input[0] === 'string' ? [input[0]] : []));
};

function checkTaps(taps: readonly string[], known: readonly string[], where: string): void {
  const unknown = taps.find((t) => !known.includes(t));
  if (unknown !== undefined) throw new Error(`${where}: expected taps among ${known.join(', ')}, got '${unknown}'`);
}

function joined(parts: readonly Uint8Array[]): ArrayBuffer {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out.buffer;
}

/** A copy of plain data in which some objects are replaced. */
function mapObjects(value: unknown, change: (object: Record<string, unknown>) => Record<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((v) => mapObjects(v, change));
  if (typeof value !== 'object' || value === null) return value;
  return change(Object.fromEntries(Object.entries(value).map(([k, v]) => [k, mapObjects(v, change)])));
}

/** A layers topology whose pictures may be of any size. */
const freeLayers = (topology: Record<string, unknown>): unknown =>
  mapObjects(topology, (object) => {
    const key = ['batch_input_shape', 'batchInputShape'].find((k) => Array.isArray(object[k]));
    const shape = key === undefined ? [] : (object[key] as unknown[]);
    return key !== undefined && shape.length === 4 ? { ...object, [key]: [null, null, null, shape[3]] } : object;
  });

/** A graph topology whose pictures may be of any size. */
const freeGraph = (topology: Record<string, unknown>): unknown =>
  mapObjects(topology, (object) => {
    const dims = (object.attr as { shape?: { shape?: { dim?: readonly unknown[] } } } | undefined)?.shape?.shape?.dim;
    if (object.op !== 'Placeholder' || dims?.length !== 4) return object;
    const free = dims.map((d, i) => (i < 3 ? { size: '-1' } : d));
    return { ...object, attr: { ...(object.attr as object), shape: { shape: { dim: free } } } };
  });
