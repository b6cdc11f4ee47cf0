/** Lane: the tasks of one worker. What clients ask goes first; in the time that is left it prepares scenes to come. */
import type { EnvAnswer, EnvTask } from './seats.ts';

/** Has a worker do a task. */
export type Lane = (task: EnvTask) => Promise<EnvAnswer>;

/**
 * A lane that uses its worker's idle time: while nobody waits for it, environments' next scenes are made one by one. Answers are
 * the same, but sooner.
 * @param run has the worker do a task, one at a time.
 */
export function createLane(run: Lane): Lane {
  /** Environments whose next scene is not made yet, by client and number. */
  const ahead = new Map<string, EnvTask>();
  let waiting = 0;
  let preparing = false;

  const prepare = async (): Promise<void> => {
    if (waiting > 0 || preparing) return;
    const [first] = ahead;
    if (!first) return;
    const [key, task] = first;
    ahead.delete(key);
    preparing = true;
    // where it fails nothing is prepared: who asks for the scene is told why
    await run(task).catch(() => undefined);
    preparing = false;
    void prepare();
  };
  const remember = (task: EnvTask, answer: EnvAnswer): void => {
    const { client } = task;
    if (task.type === 'leave')
      for (const [key, { client: other }] of [...ahead]) if (other === client) ahead.delete(key);
    if ('follows' in answer && answer.follows !== undefined)
      ahead.set(`${client}/${answer.follows}`, { type: 'prepare', client, env: answer.follows });
  };
  return async (task) => {
    waiting++;
    try {
      const answer = await run(task);
      remember(task, answer);
      return answer;
    } finally {
      waiting--;
      // whoever was answered may ask again at once
      setImmediate(() => void prepare());
    }
  };
}
