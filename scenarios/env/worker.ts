/** Environment worker: plays environments in a thread. */
import { loadEngine } from '../../agent/engine/engine.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { answering, threadLibrary } from '../workers/threads.ts';
import { createSeats, type EnvTask } from './seats.ts';

const ready = loadPhysics().then(() => createSeats({ library: threadLibrary(), engine: loadEngine }));

/** An environment server's task. */
export default answering(async (task: EnvTask) => (await ready)(task));
