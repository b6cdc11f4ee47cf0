/** Request for a pretraining: source, size, rounds, and where scenes and weights go. */
import type { HeadKind } from '../../../agent/backbones/descriptor.ts';
import type { Source } from '../../../agent/pretrain/sources.ts';
import type { TrunkSize } from '../../../agent/pretrain/trunk-sizes.ts';
import type { WorkView } from '../../../sim/recording/work.ts';
import type { Elsewhere } from '../queue/asking.ts';

/** What the command line asks for. */
export interface PretrainRequest extends Elsewhere {
  readonly name: string;
  /** Kind of the hands. Any but jaws gets a head on the trunk that is begun with, which stays as it is. */
  readonly hand: HeadKind;
  readonly source: Source;
  readonly size: TrunkSize;
  /** Of new scenes; training goes on between them. */
  readonly rounds: number;
  /** Scenes of a round. */
  readonly scenes: number;
  /** Grasps tried on each scene. */
  readonly grasps: number;
  /** Gradient steps of a round. */
  readonly steps: number;
  readonly seed: number;
  /** Backbone to begin with, of a network no larger: its name or file. */
  readonly from?: string;
  /** Folder of the scenes. */
  readonly data?: string;
  readonly out?: string;
  readonly workers: number;
  readonly force: boolean;
  readonly quiet: boolean;
  /** Who watches the machines at the queue. */
  readonly view?: WorkView | undefined;
  readonly command: string;
  readonly signal: AbortSignal;
}
