// Starts the thread of a process that runs from sources, as tests do.
import { compiled } from '../../package/compiled.js';

await import(await compiled('external-thread'));
