/** Origin of an exported policy: what it was trained on, and what it reached. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { UNTRAINED } from '../../../agent/policy/names.ts';
import { backboneOf, type LoadedScenario } from '../../load.ts';
import { readRunConfig } from '../../run/run-folder.ts';

/** What a model card says of where a policy comes from. */
export interface Origin {
  readonly name: string;
  /** One sentence, without its full stop. */
  readonly summary: string;
  /** What the run's own evaluation found; undefined if there was none. */
  readonly reached?: Readonly<z.infer<typeof resultSchema>['final']> & { readonly scenario: string };
}

const resultSchema = z.object({
  trials: z.number(),
  final: z.object({
    seed: z.number(),
    trials: z.number(),
    success: z.object({ rate: z.number(), low: z.number(), high: z.number() }),
  }),
});

/** Where a policy by name or run folder comes from. @param on the scenario that it is exported for. */
export async function originOf(policy: string, on: LoadedScenario): Promise<Origin> {
  const folder = resolve(policy);
  if (policy === UNTRAINED && !existsSync(folder)) {
    const { name, card } = await backboneOf(on.scenario, ['pretrained']);
    return {
      name: policy,
      summary: `backbone '${name}' with its pretrained head, before any trial of its own: ${card}`,
    };
  }
  const { scenarioName, arm, seed, backbone } = readRunConfig(folder);
  const result = resultOf(folder);
  const trials = result ? `${result.trials} simulated trials` : 'simulated trials';
  const trunk = arm === 'scratch' || arm === 'equivariant' ? '' : `, trunk from '${backbone}'`;
  const summary = `arm '${arm}'${trunk}, learned from ${trials} of scenario '${scenarioName}', seed ${seed}`;
  return { name: basename(folder), summary, ...(result && { reached: { ...result.final, scenario: scenarioName } }) };
}

/** What a run ended with; undefined if it was not evaluated, or its result is not as this version writes it. */
function resultOf(folder: string): z.infer<typeof resultSchema> | undefined {
  const path = join(folder, 'result.json');
  if (!existsSync(path)) return undefined;
  try {
    return resultSchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data;
  } catch {
    // half a file: the card goes without
    return undefined;
  }
}
