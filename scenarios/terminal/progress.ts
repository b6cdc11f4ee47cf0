/** Progress of long work: bars and lines on standard error. */
import { SingleBar } from 'cli-progress';
import { noteStream } from './notes.ts';

/** Shows how long work is coming along: a bar in a terminal, a line now and then otherwise, nothing when quiet. */
export interface Progress {
  /** @param note shown behind the counts, e.g. the success rate so far. */
  update(done: number, note?: string): void;
  stop(): void;
}

/** Milliseconds between two lines where there is no terminal. */
const LINE_EVERY_MS = 5000;

/** Progress on stderr, so that stdout stays clean for `--json`. */
export function startProgress(label: string, total: number, quiet: boolean): Progress {
  if (quiet) return { update: () => undefined, stop: () => undefined };
  return noteStream().isTTY ? bar(label, total) : lines(label, total);
}

function bar(label: string, total: number): Progress {
  const shown = new SingleBar({
    format: `${label.padEnd(22)} {bar} {value}/{total}  {note}  {eta_formatted} left`,
    stream: noteStream(),
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 28,
    hideCursor: true,
    etaBuffer: 50,
  });
  shown.start(total, 0, { note: '' });
  return { update: (done, note = '') => shown.update(Math.min(done, total), { note }), stop: () => shown.stop() };
}

function lines(label: string, total: number): Progress {
  const started = performance.now();
  let last = started;
  let latest = '';
  return {
    update: (done, note = '') => {
      const now = performance.now();
      const left = done > 0 ? ((now - started) / done) * (total - done) : 0;
      latest = `${label}: ${done}/${total}  ${note}`;
      if (now - last < LINE_EVERY_MS) return;
      last = now;
      noteStream().write(`${latest}  about ${Math.ceil(left / 1000)} s left\n`);
    },
    stop: () => {
      if (latest) noteStream().write(`${latest}  ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
    },
  };
}
