// Starts worker threads of a process that runs from sources, as tests do.
import { compiled } from '../../package/compiled.js';

const { default: run } = await import(await compiled('env-worker'));
export default run;
