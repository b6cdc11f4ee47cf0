/** Copies the built pages into a folder, as the package ships them. */
import { cp } from 'node:fs/promises';
import { builtPages } from '../viewer/build.ts';

await cp(await builtPages(), process.argv[2], { recursive: true });
