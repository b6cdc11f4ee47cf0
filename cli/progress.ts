/** Progress of trials that are played once more, on the terminal. */

/** Shows how far the replays are, from the first one on. */
export async function replayProgress(
  json = false,
): Promise<{ readonly onTrial: (done: number, of: number) => void; readonly stop: () => void }> {
  const { startProgress } = await import('../scenarios/terminal/progress.ts');
  let progress: ReturnType<typeof startProgress> | undefined;
  return {
    onTrial: (done, of) => {
      progress ??= startProgress('replay', of, json);
      progress.update(done);
    },
    stop: () => progress?.stop(),
  };
}
