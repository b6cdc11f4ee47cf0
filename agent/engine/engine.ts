/**
 * The tensor engine: the one place which chooses the TensorFlow.js backend, in Node, in a worker thread or in a browser.
 *
 * Native TensorFlow (`@tensorflow/tfjs-node`) is used where it is installed and loads; the WebAssembly backend with
 * graft's training kernels otherwise. Everything downstream receives `Engine.tf` and imports only types.
 */
import { UserError } from '../../sim/user-error.ts';
import { registerTrainingKernels } from './kernels.ts';
import { wasmFolder } from './wasm-folder.ts';

/** The TensorFlow.js module, as a value to pass around. */
export type Tf = typeof import('./tensorflow.ts');

/** The backends an engine can run on. */
export type EngineName = 'native' | 'wasm' | 'cpu';

/** What a caller, or the environment variable GRAFT_ENGINE, can ask for. */
export type EnginePreference = EngineName | 'auto';

export type Engine = {
  readonly tf: Tf;
  readonly name: EngineName;
  /** One line for logs and reports, e.g. "tfjs 4.22.0, wasm backend (SIMD, 1 thread), graft training kernels". */
  readonly description: string;
  /** Why 'auto' did not take the native engine; absent when it did, or when another was asked for. */
  readonly nativeError?: string;
};

export type EngineOptions = {
  /** 'auto' (default) reads GRAFT_ENGINE and, where that is unset, takes native if it loads, else wasm. */
  readonly prefer?: EnginePreference;
  /** Browser only: URL prefix of the folder that holds tfjs-backend-wasm's .wasm files, with its trailing slash. */
  readonly wasmFolder?: string;
};

/** The engine asked for cannot be had: the command line prints the message alone. */
export class EngineError extends UserError {}

const PREFERENCES = ['auto', 'native', 'wasm', 'cpu'] as const satisfies readonly EnginePreference[];

let loaded: Promise<Engine> | undefined;

/**
 * Loads TensorFlow.js and its backend once per process (or worker, or page); later calls return the same engine.
 * @throws EngineError if GRAFT_ENGINE is not one of auto, native, wasm, cpu; if the engine asked for does not load; or if a
 *   later call asks for another engine than the one that runs (TensorFlow.js has one global backend).
 */
export async function loadEngine(options: EngineOptions = {}): Promise<Engine> {
  const wanted = resolvePreference(options.prefer);
  loaded ??= startEngine(wanted, options).catch((error: unknown) => {
    loaded = undefined; // so that a caller can correct the cause and try again
    throw error;
  });
  const engine = await loaded;
  if (wanted !== 'auto' && wanted !== engine.name) {
    throw new EngineError(
      `engine: expected one backend per process, got a request for '${wanted}' after '${engine.name}'`,
    );
  }
  return engine;
}

/** An explicit preference wins over GRAFT_ENGINE, which wins over 'auto'. */
function resolvePreference(prefer: EnginePreference = 'auto'): EnginePreference {
  const named = prefer === 'auto' && isNode() ? process.env.GRAFT_ENGINE || 'auto' : prefer;
  const known = PREFERENCES.find((name) => name === named);
  if (known) return known;
  const source = prefer === 'auto' ? 'environment variable GRAFT_ENGINE' : 'loadEngine({ prefer })';
  throw new EngineError(`engine: expected one of ${PREFERENCES.join(', ')}, got '${named}', in ${source}`);
}

async function startEngine(wanted: EnginePreference, options: EngineOptions): Promise<Engine> {
  if (wanted === 'cpu') return startCpu();
  if (wanted === 'wasm') return startWasm(options);
  if (wanted === 'native') return startNative();
  if (!isNode()) return startWasm(options);
  try {
    return await startNative();
  } catch (error) {
    return { ...(await startWasm(options)), nativeError: error instanceof Error ? error.message : String(error) };
  }
}

async function startNative(): Promise<Engine> {
  restoreRemovedUtil();
  const specifier = '@tensorflow/tfjs-node'; // in a variable: optional for the type checker and for bundlers
  const tf = await (import(/* @vite-ignore */ specifier) as Promise<Tf>).catch((error: unknown) => {
    throw new EngineError(`engine: expected @tensorflow/tfjs-node to load, got: ${firstLine(error)}`);
  });
  await selectBackend(tf, 'tensorflow');
  return { tf, name: 'native', description: `tfjs ${tf.version_core}, native backend (libtensorflow)` };
}

async function startWasm(options: EngineOptions): Promise<Engine> {
  const [tf, wasm] = await Promise.all([importTf(), import('@tensorflow/tfjs-backend-wasm')]);
  const folder = options.wasmFolder ?? (isNode() ? wasmFolder() : undefined);
  if (folder !== undefined) wasm.setWasmPaths(folder);
  // one thread everywhere, so that a browser gives the same bits as Node, and needs one file only
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await withoutNewErrorHandlers(() => selectBackend(tf, 'wasm'));
  registerTrainingKernels(tf);
  const simd = tf.env().getBool('WASM_HAS_SIMD_SUPPORT') ? 'SIMD' : 'no SIMD';
  const threads = wasm.getThreadsCount();
  const backend = `wasm backend (${simd}, ${threads} thread${threads === 1 ? '' : 's'})`;
  return { tf, name: 'wasm', description: `tfjs ${tf.version_core}, ${backend}, graft training kernels` };
}

async function startCpu(): Promise<Engine> {
  const tf = await importTf();
  await selectBackend(tf, 'cpu');
  return { tf, name: 'cpu', description: `tfjs ${tf.version_core}, cpu backend (plain JavaScript)` };
}

async function importTf(): Promise<Tf> {
  const tf: Tf = await import('./tensorflow.ts');
  // The CPU backend greets Node users at its first use, also when it only assists another backend.
  const cpu: unknown = tf.findBackend('cpu');
  if (cpu && typeof cpu === 'object' && 'firstUse' in cpu) cpu.firstUse = false;
  return tf;
}

async function selectBackend(tf: Tf, backend: string): Promise<void> {
  if (await tf.setBackend(backend)) return tf.ready();
  throw new EngineError(
    `engine: expected the '${backend}' backend of tfjs ${tf.version_core} to initialise, and it failed`,
  );
}

/**
 * Emscripten's start-up code installs process-wide handlers that throw errors again from inside its minified source,
 * which Node then prints in full. This takes them off again.
 */
async function withoutNewErrorHandlers(start: () => Promise<void>): Promise<void> {
  if (!isNode()) return start();
  const exceptions = process.listeners('uncaughtException');
  const rejections = process.listeners('unhandledRejection');
  await start();
  for (const each of process.listeners('uncaughtException')) {
    if (!exceptions.includes(each)) process.off('uncaughtException', each);
  }
  for (const each of process.listeners('unhandledRejection')) {
    if (!rejections.includes(each)) process.off('unhandledRejection', each);
  }
}

/** tfjs-node 4.22 calls two functions which Node 23 removed from `util`. */
function restoreRemovedUtil(): void {
  const util = process.getBuiltinModule('node:util') as unknown as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}

function isNode(): boolean {
  return typeof process !== 'undefined' && typeof process.versions?.node === 'string';
}

/** Without the path that Node adds to a missing package: the reason goes into reports. */
function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0].replace(/ imported from .*/, '');
}
