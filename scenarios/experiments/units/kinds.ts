/** Kinds: all experiments whose units machines at a queue can measure. A new one is a line here. */
import { collectKind } from '../collect/kind.ts';
import { evaluateKind } from '../evaluate/kind.ts';
import { pretrainKind } from '../pretrain/kind.ts';
import { trainKind } from '../train/kind.ts';
import { transferKind } from '../transfer/kind.ts';
import { tuneKind } from '../tune/run.ts';
import type { Kind, KindName } from './kind.ts';

const KINDS: { readonly [Name in KindName]: Kind<unknown, unknown, unknown, unknown> } = {
  collect: collectKind as Kind<unknown, unknown, unknown, unknown>,
  evaluate: evaluateKind as Kind<unknown, unknown, unknown, unknown>,
  pretrain: pretrainKind as Kind<unknown, unknown, unknown, unknown>,
  tune: tuneKind as Kind<unknown, unknown, unknown, unknown>,
  train: trainKind as Kind<unknown, unknown, unknown, unknown>,
  transfer: transferKind as Kind<unknown, unknown, unknown, unknown>,
};

/** The kind of that name. */
export const kindNamed = (name: KindName): Kind<unknown, unknown, unknown, unknown> => KINDS[name];
