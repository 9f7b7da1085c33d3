import { fileURLToPath } from 'node:url';

/** The checkout that this program runs from; `dist/` of the npm package, which has the same rooms. */
export const PROJECT_ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');
