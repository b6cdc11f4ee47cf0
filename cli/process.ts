/** This process as a command line. */
import { run } from './main.ts';

/** Fires at the first Ctrl-C, or when the terminal goes away; a second one ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    process.stderr.write('\ninterrupted: saving (again to stop at once)\n');
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('SIGHUP', stop);
  return controller.signal;
}

const { stdout, stderr } = process;
// whoever listened may be gone: the work goes on, and what it makes is in files
for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
const exitCode = await run(process.argv.slice(2), { stdout, stderr, interruption });
// worker threads and tensor engines may keep handles open; everything has been written by now
process.exit(exitCode);
