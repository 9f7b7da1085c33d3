import { benchMatrix } from './matrix.ts';
import { benchRender } from './render.ts';

// `npm run bench` runs all; `npm run bench -- matrix --no-docker` or `-- render` runs one.
const [which = 'all', ...flags] = process.argv.slice(2);
if (which === 'matrix' || which === 'all') await benchMatrix({ docker: !flags.includes('--no-docker') });
if (which === 'render' || which === 'all') await benchRender();
