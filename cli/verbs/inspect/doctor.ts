/** Verb `doctor`: checks of engine, physics, weights and browser. */
import type { Command } from 'commander';
import { jsonOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';

/** `graft doctor`: what works on this machine. */
export function declareDoctor(graft: Command, shell: Shell): void {
  graft
    .command('doctor')
    .description('what runs here: engine, physics, versions, browser, weights, and what is missing')
    .addOption(jsonOption())
    .action(({ json }: { readonly json?: boolean }) => examine(shell, json ?? false));
}

async function examine(shell: Shell, json: boolean): Promise<void> {
  const { loadEngine } = await import('../../../agent/engine/engine.ts');
  const { diagnose } = await import('../../../scenarios/inspect/doctor.ts');
  const result = await diagnose(await loadEngine());
  if (json) return shell.print(result);
  for (const { name, value, ok } of result.checks)
    shell.say(`${ok ? 'ok     ' : 'missing'}  ${name.padEnd(12)} ${value}`);
}
