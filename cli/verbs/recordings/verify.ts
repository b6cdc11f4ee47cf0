/** Verb `verify`: replay of a recording, compared bit for bit. */
import type { Command } from 'commander';
import { jsonOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';

/** `graft verify`: proves a recording. */
export function declareVerify(graft: Command, shell: Shell): void {
  graft
    .command('verify')
    .description('replay every trial of a recording from (version, seed) and compare bit for bit')
    .argument('<recording>', 'an MCAP file made with --record')
    .addOption(jsonOption())
    .action((path: string, { json }: { readonly json?: boolean }) => verifyRecording(shell, path, json ?? false));
}

async function verifyRecording(shell: Shell, path: string, json: boolean): Promise<void> {
  const { openRecordingFile } = await import('../../../scenarios/recordings/open.ts');
  const { verify } = await import('../../../scenarios/verify/verify.ts');
  const note = (text: string): void => void (json || shell.say(text));
  const onTrial = (done: number): void => void (done % 50 === 0 && note(`${done} trials`));
  const result = await verify(await openRecordingFile(path), { onTrial, note, signal: shell.interruption() });
  if (result.same + result.skipped < result.trials || result.ending === 'damaged') shell.exitCode = 1;
  if (json) return shell.print(result);
  for (const { trial, split, what, recorded, replayed } of result.mismatches)
    shell.say(`${split} trial ${trial}: ${what}: recorded ${recorded}, replayed ${replayed}`);
  for (const text of result.notes) shell.say(text);
  shell.say(`${path}: ${result.same} of ${result.trials} trials the same, bit for bit`);
}
