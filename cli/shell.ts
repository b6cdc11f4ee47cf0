/** Shell: streams, exit code and interruption of a command line, as the verbs have them. */
import type { NoteStream } from '../scenarios/terminal/notes.ts';
import { toldCommand } from './told.ts';

/** Where a command line reads from and writes to: a process, or a test. */
export interface Terminal {
  /** Results: one JSON object, or nothing. */
  readonly stdout: NoteStream;
  /** Everything said to people: progress, summaries, errors. */
  readonly stderr: NoteStream;
  /** Fires at the first interruption. A verb that cannot stop half-way never asks, and is ended at once. */
  interruption(): AbortSignal;
}

/** What a verb has to work with besides its arguments. */
export interface Shell extends Terminal {
  /** The command as it was typed, without secrets, for reports that say how to get the same again. */
  readonly command: string;
  /** 0 done, 1 failed, 2 usage or bad input, 130 interrupted. */
  exitCode: number;
  /** Writes one line for people. */
  say(text: string): void;
  /** Writes a result as JSON. */
  print(value: unknown): void;
}

/** Shell of one command line. */
export const createShell = (argv: readonly string[], terminal: Terminal): Shell => ({
  stdout: terminal.stdout,
  stderr: terminal.stderr,
  interruption: () => terminal.interruption(),
  command: toldCommand(argv),
  exitCode: 0,
  say: (text) => void terminal.stderr.write(`${text}\n`),
  print: (value) => void terminal.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
});
