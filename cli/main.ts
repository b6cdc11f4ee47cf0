/** `graft <verb>`: declares every verb and loads none of the rooms; a verb loads what it needs when it runs. */
import { Command } from 'commander';
import { redirectNotes } from '../scenarios/terminal/notes.ts';
import { graftVersion } from '../scenarios/versions.ts';
import { UserError } from '../sim/user-error.ts';
import { createShell, type Shell, type Terminal } from './shell.ts';
import { declareAuto } from './verbs/auto.ts';
import { declareBench } from './verbs/bench/bench.ts';
import { declareCollect } from './verbs/collect.ts';
import { declareCrosscheck } from './verbs/crosscheck.ts';
import { declareEnv } from './verbs/env.ts';
import { declareEvaluate } from './verbs/evaluate.ts';
import { declareBackbones } from './verbs/inspect/backbones.ts';
import { declareDoctor } from './verbs/inspect/doctor.ts';
import { declareFrame } from './verbs/inspect/frame.ts';
import { declareHand } from './verbs/inspect/hand.ts';
import { declareObjects } from './verbs/inspect/objects.ts';
import { declareSchema } from './verbs/inspect/schema.ts';
import { declareMerge } from './verbs/merge.ts';
import { declarePredict } from './verbs/predict.ts';
import { declarePretrain } from './verbs/pretrain.ts';
import { declareRace } from './verbs/race.ts';
import { declareExport } from './verbs/recordings/export.ts';
import { declareShare } from './verbs/recordings/share.ts';
import { declareVerify } from './verbs/recordings/verify.ts';
import { declareServe } from './verbs/serve.ts';
import { declareTrain } from './verbs/train.ts';
import { declareTune } from './verbs/tune.ts';
import { declareView } from './verbs/view.ts';
import { declareWorker } from './verbs/worker.ts';

/** In the order of the help. */
const VERBS: readonly ((graft: Command, shell: Shell) => void)[] = [
  declareTrain,
  declareRace,
  declareAuto,
  declareEvaluate,
  declareCollect,
  declarePredict,
  declareServe,
  declareEnv,
  declareBench,
  declareWorker,
  declareMerge,
  declareTune,
  declarePretrain,
  declareView,
  declareShare,
  declareVerify,
  declareCrosscheck,
  declareExport,
  declareFrame,
  declareHand,
  declareObjects,
  declareBackbones,
  declareDoctor,
  declareSchema,
];

function programOf(shell: Shell): Command {
  const program = new Command('graft')
    .description(
      'Grasp learning on frozen backbones, transferred: a simulated gripper tries grasps and learns from what held.',
    )
    .version(graftVersion())
    .showHelpAfterError('(add --help for the options)')
    // so that options after a verb are that verb's alone
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => void shell.stdout.write(text),
      writeErr: (text) => void shell.stderr.write(text),
    })
    .exitOverride();
  for (const declare of VERBS) declare(program, shell);
  return program;
}

/** 1 failed, 2 usage or bad input, 130 interrupted. */
function exitCodeOf(error: unknown, shell: Shell): number {
  if (error instanceof UserError) {
    shell.say(error.message);
    return error.exitCode;
  }
  if (error instanceof Error && 'exitCode' in error && 'code' in error && String(error.code).startsWith('commander.')) {
    return error.exitCode === 0 ? 0 : 2;
  }
  shell.say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
}

/**
 * Runs one command line.
 * @param argv what follows `graft`.
 * @returns the exit code: 0 done, 1 failed, 2 usage or bad input, 130 interrupted. Never throws.
 */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  const shell = createShell(argv, terminal);
  const restore = redirectNotes(terminal.stderr);
  try {
    await programOf(shell).parseAsync(argv, { from: 'user' });
    return shell.exitCode;
  } catch (error) {
    return exitCodeOf(error, shell);
  } finally {
    restore();
  }
}
