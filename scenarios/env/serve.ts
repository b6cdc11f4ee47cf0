/** The run behind `graft env`: environments on standard input and output, or on a websocket. */
import type { Readable } from 'node:stream';
import type { SceneSplit } from '../../sim/scene.ts';
import { loadScenario, withObjects } from '../load.ts';
import { lineSplitter } from '../messages/lines.ts';
import { libraryOf } from '../objects/read.ts';
import { note } from '../terminal/notes.ts';
import { startThreads } from '../workers/threads.ts';
import { createLane } from './lane.ts';
import { fired, type Listening, listen } from './listen.ts';
import type { Protocol } from './requests.ts';
import type { EnvAnswer, EnvTask } from './seats.ts';
import { createSession, type Ground, REQUEST_MAX_BYTES } from './session.ts';

/** What the command line asks for. */
export interface EnvRequest {
  /** Name or path. */
  readonly scenario: string;
  /** Folder or file of objects, in place of the scenario's own. */
  readonly objects?: string;
  readonly seed?: number;
  readonly split: SceneSplit;
  /** Rounds of clutter removal where there are several objects, unless told otherwise. */
  readonly protocol?: Protocol;
  readonly workers: number;
  /** Where to listen; left out, one client is on standard input and output. */
  readonly listening?: Listening;
  readonly signal: AbortSignal;
}

/** One client on a pair of streams. */
export interface Wires {
  readonly input: Readable;
  readonly output: NodeJS.WritableStream;
}

/**
 * Plays environments until the input ends, or the signal fires.
 * @param wires of the one client, where nobody listens.
 * @throws InputError if the scenario cannot be had, or the address cannot be listened on.
 */
export async function serveEnvironments(request: EnvRequest, wires: Wires): Promise<void> {
  const { name, scenario: own } = loadScenario(request.scenario);
  const scenario = withObjects(own, request.objects);
  const library = await libraryOf(scenario, note);
  const entry = new URL('./worker-entry.js', import.meta.url);
  // one thread each: an environment stays where its scene is
  const threads = Array.from({ length: request.workers }, () => startThreads<EnvTask, EnvAnswer>(entry, 1, library));
  const ground: Ground = {
    name,
    scenario,
    protocol: request.protocol ?? (scenario.scene.objectCount > 1 ? 'clutter' : 'single'),
    split: request.split,
    seeds: {
      training: request.seed ?? scenario.training.seed,
      evaluation: request.seed ?? scenario.evaluation.seed,
    },
    lanes: threads.map(({ run }) => createLane(run)),
  };
  try {
    await (request.listening
      ? listen(request.listening, ground, request.signal)
      : converse(wires, ground, request.signal));
  } finally {
    await Promise.all(threads.map(({ close }) => close()));
  }
}

/** Plays with one client until it has enough. */
async function converse({ input, output }: Wires, ground: Ground, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  const session = createSession(
    ground,
    0,
    (json) => void output.write(`${json}\n`),
    () => ended.abort(),
  );
  input.on(
    'data',
    lineSplitter(REQUEST_MAX_BYTES, {
      line: (text) => text !== '' && session.receive(text),
      tooLong: session.refuseLong,
    }),
  );
  for (const event of ['end', 'close', 'error']) input.once(event, () => ended.abort());
  // a client that is gone reads no more
  output.on('error', () => ended.abort());
  await fired(AbortSignal.any([signal, ended.signal]));
  input.pause();
  if (!signal.aborted) await session.close();
}
