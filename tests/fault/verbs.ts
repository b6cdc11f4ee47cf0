/** Verbs that may be killed: the shortest command of each that does everything, and how it is gone on with. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A verb that may be killed. */
export interface Verb {
  /** The command in a folder: a first one, or what goes on with what is there. */
  readonly args: (folder: string) => readonly string[];
  /** What it says, and refuses, where it was killed after all was written. */
  readonly over?: RegExp;
  /** What is wrong with what a kill left; makes way for the same command. */
  readonly afterKill?: (folder: string, undisturbed: string) => readonly string[];
}

/** Writes the scenario of all of them: small pictures, few angles, one depth. */
export const SCENARIO = (path: string): void =>
  writeFileSync(
    path,
    `training: { scenesPerRound: 2, graspsPerScene: 4, warmupTrials: 8 }
evaluation: { trials: 4 }
action: { angles: 4, depths: [0.035] }
learner: { backbone: grasp-passive, batchSize: 16, updatesPerTrial: 0.5 }
sensor: { widthPx: 64, heightPx: 64 }
`,
  );

const ONE = ['--workers', '1', '--json'];

/** A verb that is told to go on once there is something to go on with. */
const resumable =
  (first: readonly string[], verb: string, begun: string): Verb['args'] =>
  (folder) =>
    existsSync(join(folder, 'out', begun))
      ? [verb, '--resume', '--out', 'out', ...ONE]
      : [...first, '--out', 'out', ...ONE];

/** A recording that was cut is the beginning of the whole one; whoever wants it whole takes it away first. */
function cutRecording(folder: string, undisturbed: string): string[] {
  const [cut, whole] = [folder, undisturbed].map((each) => join(each, 'cut.mcap'));
  if (!existsSync(cut)) return [];
  const bytes = readFileSync(cut);
  rmSync(cut);
  return readFileSync(whole).subarray(0, bytes.length).equals(bytes) ? [] : ['cut.mcap: no beginning of the whole one'];
}

export const VERBS: Readonly<Record<string, Verb>> = {
  train: { args: resumable(['train', 'short.yaml', '--trials', '48'], 'train', 'run.json') },
  bench: {
    args: () => [
      ...['bench', 'transfer', '--preset', 'smoke', '--targets', 'slippery,narrow', '--seeds', '1'],
      ...['--arms', 'depth-pca,antipodal,zero-shot', '--out', 'out', ...ONE],
    ],
  },
  auto: { args: resumable(['auto', 'short.yaml', '--budget', '48'], 'auto', 'auto-start.json') },
  tune: {
    args: () => [
      ...['tune', 'pretrained', '--scenario', 'short.yaml', '--trials', '16', '--evaluation', '4'],
      ...['--configs', '2', '--seeds', '2', '--out', 'out', ...ONE],
    ],
  },
  pretrain: {
    args: () => [
      ...['pretrain', '--name', 'x', '--source', 'grasp', '--rounds', '3', '--scenes', '3', '--grasps', '1'],
      ...['--steps', '4', '--data', 'out/data', '--out', 'out/x.safetensors', ...ONE],
    ],
    over: /x\.safetensors: expected a file that does not exist yet, got one that does/,
  },
  evaluate: {
    args: () => [
      ...['evaluate', 'antipodal', '--scenario', 'short.yaml', '--trials', '32', '--record', 'all'],
      ...['--recording', 'cut.mcap', '--log', 'log.jsonl', ...ONE],
    ],
    afterKill: cutRecording,
  },
  collect: {
    args: () => ['collect', 'short.yaml', '--policy', 'antipodal', '--trials', '260', '--out', 'out', ...ONE],
  },
};
