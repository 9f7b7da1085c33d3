import { benchBoard } from './board.ts';
import { benchMatrix } from './matrix.ts';
import { benchPromote } from './promote/promote.ts';
import { benchRender } from './render.ts';
import { benchXds } from './xds/xds.ts';

// `npm run bench` runs all; `npm run bench -- matrix --no-docker`, `-- render`, `-- promote [part]`, `-- xds [part]` or `-- board` runs one.
const [which = 'all', ...flags] = process.argv.slice(2);
if (which === 'matrix' || which === 'all') await benchMatrix({ docker: !flags.includes('--no-docker') });
if (which === 'render' || which === 'all') await benchRender();
if (which === 'promote' || which === 'all') await benchPromote(which === 'promote' ? flags[0] : undefined);
if (which === 'xds' || which === 'all') await benchXds(which === 'xds' ? flags : []);
if (which === 'board' || which === 'all') await benchBoard();
