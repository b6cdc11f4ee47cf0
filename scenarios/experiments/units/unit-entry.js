// Starts worker threads of a process that runs from sources, as tests do.
import { compiled } from '../../../package/compiled.js';

const { default: run } = await import(await compiled('unit-worker'));
export default run;
