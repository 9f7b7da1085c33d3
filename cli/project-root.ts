import { fileURLToPath } from 'node:url';

/** The checkout that this program runs from. */
export const PROJECT_ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');
