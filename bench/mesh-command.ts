import { fileURLToPath } from 'node:url';

/** The launcher of this checkout: what a person runs is what is measured. */
export const MESH = fileURLToPath(new URL('../mesh', import.meta.url));
