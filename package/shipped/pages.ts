import { fileURLToPath } from 'node:url';

/** The folder with the built pages: the package ships them. */
export const builtPages = async (): Promise<string> => fileURLToPath(new URL('../../dist/pages', import.meta.url));
