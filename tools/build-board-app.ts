import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const APP = fileURLToPath(new URL('../board/app/', import.meta.url));
/** Where the server of the board finds its pages. */
const BOARD_DIST = fileURLToPath(new URL('../board/dist/', import.meta.url));

/**
 * Builds the pages of the board into `outDir`, which is emptied first. The names of files in `assets/` say their content, so they
 * may be kept for ever; `index.html` may not. Nothing in them is inline: the policy of the page forbids it.
 */
export async function buildBoardApp(outDir: string = BOARD_DIST): Promise<void> {
  await build({
    root: APP,
    configFile: false,
    logLevel: 'warn',
    publicDir: 'public',
    mode: 'production',
    // Said, for by default it goes by NODE_ENV: a test or a shell that has one would build pages with the paths of this machine in them.
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      outDir,
      emptyOutDir: true,
      // Browsers that know `light-dark()` and nested rules, so that the styles are sent as they are written.
      target: ['chrome123', 'firefox121', 'safari17.5'],
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  });
}
