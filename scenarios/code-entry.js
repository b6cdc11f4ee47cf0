// Says the fingerprint of the code where a process runs from sources, as tests do.
import { compiled } from '../package/compiled.js';

const { default: code } = await import(await compiled('code'));
export default code;
