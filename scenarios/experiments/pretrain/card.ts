/** Model card of pretrained weights: what they were learned from, and how well. */
import { readFileSync } from 'node:fs';
import type { HeadKind } from '../../../agent/backbones/descriptor.ts';
import { cardPath, parametersHash, weightsPath } from '../../../agent/backbones/own.ts';
import { headsTensors, type PretrainedHeads } from '../../../agent/backbones/pretrained-head.ts';
import type { Engine } from '../../../agent/engine/engine.ts';
import type { Parameters } from '../../../agent/network/parameters.ts';
import type { Pretraining } from '../../../agent/pretrain/pretraining.ts';
import type { ProbeResult } from '../../../agent/pretrain/probe.ts';
import type { SourceScene } from '../../../agent/pretrain/source-data.ts';
import { SOURCES, type Source } from '../../../agent/pretrain/sources.ts';
import { HELD_OUT_FAMILIES, SOURCE_FAMILIES, TRAINING_FAMILIES } from '../../../sim/objects/families.ts';
import { commit, versions } from '../../versions.ts';
import { PRETRAIN_DEFAULTS } from './defaults.ts';
import type { PretrainRequest } from './request.ts';

/** The model card beside the weights. */
export interface ModelCard {
  readonly name: string;
  readonly summary: string;
  readonly source: Source;
  readonly command: string;
  readonly data: string;
  readonly families: readonly string[];
  readonly neverSeen: readonly string[];
  readonly layers: readonly { name: string; outputs: number; stride: 1 | 2; tap: boolean }[];
  readonly scenes: number;
  readonly grasps: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly loss: number;
  readonly probe: ProbeResult;
  readonly engine: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Of the code that made the weights: the same command there makes the same bytes. */
  readonly commit: string;
  readonly hash: string;
  /** Of trunk and heads, if there are any. */
  readonly startHash?: string;
  readonly seconds: number;
  /** Heads for other hands than jaws, which were learned on the finished trunk, and from what. */
  readonly heads?: Readonly<Partial<Record<HeadKind, HeadCard>>>;
}

/** What a card says of a head for other hands. */
type HeadCard = Pick<
  ModelCard,
  'summary' | 'command' | 'data' | 'families' | 'scenes' | 'grasps' | 'steps' | 'loss' | 'probe' | 'commit' | 'seconds'
>;

/** Options that say where files lie: the same command without them makes the same weights. */
const PLACES = / --(data|out)[ =]\S+/g;

/** What a card tells of. */
interface Told {
  readonly request: PretrainRequest;
  readonly engine: Engine;
  readonly layers: Pretraining['layers'];
  readonly trunk: Parameters;
  /** None if nothing was learned from grasps. */
  readonly heads: PretrainedHeads;
  readonly scenes: readonly SourceScene[];
  readonly loss: number;
  readonly probe: ProbeResult;
  readonly seconds: number;
}

/** The card of finished weights. */
export function modelCard({ request, engine, layers, trunk, heads, scenes, loss, probe, seconds }: Told): ModelCard {
  const { name, source, command, seed, rounds, steps, from } = request;
  const tries = SOURCES[source].grasp;
  return {
    name,
    summary: summaryOf(request, scenes.length),
    source,
    command: command.replace(PLACES, ''),
    data:
      `${scenes.length} simulated scenes of 1 to 10 objects, dropped, packed, upright or in a bin; hand, camera, light, colours, texture and depth noise drawn for ` +
      `each (${request.hand === 'jaws' ? 'never the default stroke or fingers' : "never a preset's cup"}); seed ${seed}${from ? `; begun from '${from}'` : ''}`,
    families: SOURCE_FAMILIES,
    neverSeen: [...TRAINING_FAMILIES, ...HELD_OUT_FAMILIES],
    layers: layers.map(({ name, outputs, stride, tap }) => ({ name, outputs, stride, tap })),
    scenes: scenes.length,
    grasps: tries ? scenes.reduce((n, s) => n + s.grasps.length, 0) : 0,
    steps: rounds * steps,
    batchSize: PRETRAIN_DEFAULTS.batchSize,
    loss,
    probe,
    engine: engine.description,
    versions: versions(),
    commit: commit(),
    hash: parametersHash(trunk),
    ...(tries && { startHash: parametersHash({ ...trunk, ...headsTensors(heads) }) }),
    seconds: Math.round(seconds),
  };
}

/** The card of the trunk that a head was learned on, with that head. @param made the head's own. */
export function besideCard({ from, hand, name }: PretrainRequest, made: ModelCard): ModelCard {
  const trunk = JSON.parse(readFileSync(cardPath(weightsPath(from!)), 'utf8')) as ModelCard;
  const { summary, command, data, families, scenes, grasps, steps, loss, probe, commit: code, seconds } = made;
  const head = { summary, command, data, families, scenes, grasps, steps, loss, probe, commit: code, seconds };
  return {
    ...trunk,
    name,
    ...(made.startHash && { startHash: made.startHash }),
    heads: { ...trunk.heads, [hand]: head },
  };
}

function summaryOf({ source, grasps, size, hand, from }: PretrainRequest, scenes: number): string {
  if (hand !== 'jaws')
    return `a head for ${hand} on the trunk of '${from}': outcomes of ${grasps} simulated grasps on each of ${scenes} scenes`;
  const what = {
    passive: `passive tasks on ${scenes} rendered scenes; no grasp is looked at`,
    grasp: `outcomes of ${grasps} simulated grasps on each of ${scenes} scenes`,
    'grasp+passive': `outcomes of ${grasps} simulated grasps on each of ${scenes} scenes, and passive tasks there`,
  } as const satisfies Record<Source, string>;
  return `${what[source]}; ${SOURCE_FAMILIES.length} families of its own, other hands, cameras and noise; ${size} trunk`;
}
