/** Verb `schema`: the JSON Schema of scenario files. */
import type { Command } from 'commander';
import type { Shell } from '../../shell.ts';

/** `graft schema`: what a scenario file may say. */
export function declareSchema(graft: Command, shell: Shell): void {
  graft
    .command('schema')
    .description('the JSON Schema of scenario files')
    .action(async () => {
      const { scenarioJsonSchema } = await import('../../../scenarios/schema/schema.ts');
      shell.print(scenarioJsonSchema());
    });
}
