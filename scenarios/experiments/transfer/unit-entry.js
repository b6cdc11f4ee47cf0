// Worker threads start from plain JavaScript on every supported Node; this registers the TypeScript loader, then hands over.
import { register } from 'tsx/esm/api';

register();
const { default: run } = await import('./unit-worker.ts');
export default run;
