/** Steering: what whoever watches a training may ask of it while it runs. The contract between runs and viewers. */

/** Who chose a grasp that no policy chose, as logs and recordings name it. */
export const PERSON = 'person';

/** A setting of the scenario that may be changed while it trains. */
export interface SteeredSetting {
  /** Dotted, as in the scenario: `training.temperature`. */
  readonly key: string;
  /** One line about it. */
  readonly about: string;
  /** As it will be from the next round on. */
  readonly value: number;
  /** The scenario's own. */
  readonly own: number;
  readonly low: number;
  readonly high: number;
  /** Whether it counts something. */
  readonly whole: boolean;
}

/** How a training stands for those who steer it. */
export interface SteeringState {
  /** Whether it is to stand still. */
  readonly paused: boolean;
  /** Whether it does: the trials that ran are over. */
  readonly waiting: boolean;
  readonly settings: readonly SteeredSetting[];
  /** Closing angles over 180 degrees that a grasp may have. */
  readonly angles: number;
  /** Depths below the local top and openings that it may have, metres. */
  readonly shapes: readonly { readonly depth: number; readonly opening: number }[];
  /** Changes of settings that took effect, and grasps of a person, in the whole run. */
  readonly changes: number;
  readonly grasps: number;
}

/** What can be asked. */
export type SteeringRequest =
  /** `step`: one trial, then stand still. */
  | { readonly do: 'pause' | 'resume' | 'step' }
  /** New values of settings, by key. */
  | { readonly do: 'set'; readonly values: Readonly<Record<string, number>> }
  /** A grasp on the scene of a trial of the run: heightmap cell, bin of the angle, index among the shapes. */
  | {
      readonly do: 'grasp';
      readonly trial: number;
      readonly cell: number;
      readonly angle: number;
      readonly shape: number;
    };

/** A training that can be steered. */
export interface RunSteering {
  readonly state: SteeringState;
  /** @throws UserError saying in one sentence why not. */
  ask(request: SteeringRequest): void;
}
