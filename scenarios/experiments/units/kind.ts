/** Kind of experiment whose units any thread of any machine can measure, with the same bytes: what it is asked for is plain data. */
import type { z } from 'zod';
import type { Engine } from '../../../agent/engine/engine.ts';
import type { ObjectLibrary } from '../../objects/library.ts';
import type { TrialPool } from '../../workers/pool.ts';
import type { SharedFiles } from '../queue/shared-files.ts';

/** What a unit is measured with. */
export interface Tools {
  readonly engine: Engine;
  readonly pool: TrialPool;
  /** After each step: a trial, a round. */
  readonly onStep: () => void;
}

/** What was found of a unit. */
export interface Found<Measured> {
  /** Plain JSON. */
  readonly measured: Measured;
  /** What is too large for JSON, by the name of its file. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** Of the machine, where that is another one. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Name of the worker, where that is another process. */
  readonly by?: string;
}

/** The units of one experiment, where they are to be measured. */
export interface OpenUnits<Unit, Setting> {
  readonly has: (unit: Unit) => boolean;
  readonly nameOf: (unit: Unit) => string;
  /** All that the unit's result depends on. */
  readonly keyOf: (unit: Unit) => string;
  /** What its threads are told besides the unit; plain data. */
  readonly settingOf: (unit: Unit) => Setting;
  readonly library: ObjectLibrary | undefined;
}

/** How units of a kind are named, opened and measured. */
export interface Kind<Request, Unit, Setting, Measured> {
  readonly name: KindName;
  /** What says, in small JSON, what the units of an experiment mean. */
  readonly request: z.ZodType<Request>;
  readonly unit: z.ZodType<Unit>;
  readonly measured: z.ZodType<Measured>;
  /**
   * Opens what a machine elsewhere asks for.
   * @param files what is too large for the request, by hash.
   * @throws InputError if it is another thing here.
   */
  open(request: Request, files: SharedFiles): Promise<OpenUnits<Unit, Setting>>;
  /** Measures a unit; depends on unit and setting alone. @throws Interrupted if the pool does. */
  measure(unit: Unit, setting: Setting, tools: Tools): Promise<Found<Measured>>;
}

/** Kinds by name, as jobs have it. */
export const KIND_NAMES = ['transfer', 'evaluate', 'collect', 'tune', 'pretrain', 'train'] as const;
export type KindName = (typeof KIND_NAMES)[number];
