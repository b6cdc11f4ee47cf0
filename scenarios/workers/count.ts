/** Number of worker threads. */
import { availableParallelism } from 'node:os';

/** Worker threads unless the user says otherwise: one for each core. */
export const defaultWorkers = (): number => availableParallelism();
