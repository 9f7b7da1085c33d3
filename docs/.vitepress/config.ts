import { defineConfig } from 'vitepress';
import { anchorOf } from './anchor-of.ts';
import { linksWithin } from './links-within.ts';
import { sidebar } from './sidebar.ts';

// The site is the folder `docs/` as it is read on a git host, with a menu, search, and links that were checked: a dead one ends the build.
export default defineConfig({
  title: 'Meshgate',
  description: 'Promotes the configuration of an Envoy service mesh from stage to stage, proved on real Envoys first',
  cleanUrls: true,
  // Pages of other folders are no pages of the site; `decisions/README.md` is the index of its folder.
  rewrites: { 'decisions/README.md': 'decisions/index.md' },
  themeConfig: {
    sidebar,
    outline: [2, 3],
    search: { provider: 'local' },
    docFooter: { prev: false, next: false },
  },
  markdown: { config: linksWithin, anchor: { slugify: anchorOf } },
});
