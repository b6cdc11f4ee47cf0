/** ONNX export: a learned policy's network as one file, its model card, and a program that grasps with it. */
import { mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { modelHash } from '../../../agent/backbones/own.ts';
import { priorOf } from '../../../agent/network/architecture.ts';
import { checkShapeCount, graspShapes } from '../../../agent/policy/action-space.ts';
import type { LearnedSpec } from '../../../agent/policy/learned.ts';
import { sound, writeAtomically, writingTo } from '../../files.ts';
import { InputError, type LoadedScenario, loadScenario } from '../../load.ts';
import { namedPolicy } from '../../run/named-policy.ts';
import { graftVersion } from '../../versions.ts';
import { encodeOnnx, type OnnxNetwork, signature } from './graph.ts';
import { metadataOf } from './metadata.ts';
import { modelCard } from './model-card.ts';
import { originOf } from './origin.ts';

/** The programs that go beside an export; the first one is started. */
const PROGRAMS = ['onnx_grasp.py', 'onnx_windows.py'] as const;

/** What `graft export onnx` is told. */
export interface OnnxRequest {
  readonly policy: string;
  /** In place of the one that the policy was trained on, or of the default scenario. */
  readonly scenario?: string | undefined;
  /** Path of the `.onnx`; by default the policy's name, in the working folder. */
  readonly out?: string | undefined;
}

/** What was written. */
export interface OnnxResult {
  readonly onnx: string;
  readonly card: string;
  readonly programs: readonly string[];
  readonly inputs: ReturnType<typeof signature>['inputs'];
  readonly outputs: ReturnType<typeof signature>['outputs'];
  readonly metadata: Readonly<Record<string, string>>;
}

/** A learned policy on graft's own layers, with the scenario that it grasps in. */
export interface NetworkPolicy {
  readonly model: LearnedSpec['model'];
  readonly network: OnnxNetwork;
  readonly on: LoadedScenario;
}

/**
 * The network of a policy by name or run folder.
 * @throws InputError if there is no such policy, it has no network of graft's own, or it knows other grasps than the scenario's.
 */
export async function networkPolicy(name: string, scenarioName?: string): Promise<NetworkPolicy> {
  const { policy, trainedOn } = await namedPolicy(name, scenarioName);
  if (!('model' in policy) || !trainedOn)
    throw new InputError(`policy '${name}': expected one with a network, pretrained or a run folder, got one without`);
  const { model } = policy;
  const { architecture, trunk, head, standardization } = model;
  if (architecture.kind === 'foreign')
    throw new InputError(
      `policy '${name}': expected one on graft's own trunk, got one on the foreign network '${architecture.source}', whose layers are not graft's to export`,
    );
  const prior = priorOf(architecture);
  if (prior)
    throw new InputError(
      `policy '${name}': expected one whose network says all, got one with learner.prior '${prior}', which is no network`,
    );
  const on = scenarioName === undefined ? trainedOn : loadScenario(scenarioName);
  const { action } = on.scenario;
  sound(() => checkShapeCount(graspShapes(trainedOn.scenario.action).length, action, on.name));
  const { layers } = architecture;
  return { model, network: { layers, trunk, head, standardization, pessimism: action.pessimism }, on };
}

/**
 * Writes the network, `<name>.md` and the programs beside it.
 * @throws InputError as {@link networkPolicy}, or if the files cannot be written.
 */
export async function exportOnnx({ policy, scenario, out }: OnnxRequest): Promise<OnnxResult> {
  const path = resolve(out ?? `${basename(resolve(policy))}.onnx`);
  if (!path.endsWith('.onnx')) throw new InputError(`--out: expected a file that ends in .onnx, got '${out}'`);
  const { model, network, on } = await networkPolicy(policy, scenario);
  const origin = await originOf(policy, on);
  const { name, summary: trainedOn } = origin;
  const metadata = metadataOf(on, { policy: name, trainedOn, weights: modelHash(model), layers: network.layers });
  const shapes = signature(graspShapes(on.scenario.action).length);
  const about = { graftVersion: graftVersion(), description: origin.summary, metadata };
  const card = path.replace(/\.onnx$/, '.md');
  const folder = dirname(path);
  const files: [string, Uint8Array | string][] = [
    [path, encodeOnnx(network, about)],
    [card, modelCard({ file: basename(path), origin, on, metadata, ...shapes })],
    ...PROGRAMS.map((name): [string, Uint8Array] => [join(folder, name), readFileSync(programUrl(name))]),
  ];
  writingTo(folder, () => {
    mkdirSync(folder, { recursive: true });
    for (const [file, data] of files) writeAtomically(file, data);
  });
  return { onnx: path, card, programs: PROGRAMS.map((name) => join(folder, name)), ...shapes, metadata };
}

const programUrl = (name: (typeof PROGRAMS)[number]): URL =>
  new URL(name, new URL('../../../clients/python/', import.meta.url));
