import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { execaNode } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

let site: string;
let pages: readonly string[];
beforeAll(async () => {
  site = await realpath(await mkdtemp(join(tmpdir(), 'meshgate-site-')));
  await execaNode(join(ROOT, 'node_modules/vitepress/bin/vitepress.js'), ['build', 'docs', '--outDir', site], {
    cwd: ROOT,
  });
  pages = globSync('**/*.html', { cwd: site });
});
afterAll(() => rm(site, { recursive: true, force: true }));

const read = (page: string): string => readFileSync(join(site, page), 'utf8');
const hrefsOf = (html: string): string[] =>
  [...html.matchAll(/<a\b[^>]*\bhref="([^"]+)"/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'));

test('each page of docs/ is a page of the site', () => {
  const sources = globSync('**/*.md', { cwd: join(ROOT, 'docs') });
  const expected = sources.map((file) => file.replace(/README\.md$/, 'index.md').replace(/\.md$/, '.html'));
  expect(expected.filter((page) => !pages.includes(page))).toEqual([]);
});

test('every link of the site leads to a page and a heading that are there', () => {
  const idsOf = new Map(
    pages.map((page) => [page, new Set([...read(page).matchAll(/\bid="([^"]+)"/g)].map((m) => m[1]))]),
  );
  let checked = 0;
  const dead = pages.flatMap((page) =>
    hrefsOf(read(page)).flatMap((href) => {
      if (/^[a-z]+:/.test(href)) return [];
      checked += 1;
      const [path = '', anchor] = decodeURI(href).split('#');
      const at = path === '' ? page : join(path.startsWith('/') ? '' : dirname(page), path).replace(/^\//, '');
      const target = [at, `${at}.html`, join(at, 'index.html')].find((file) => idsOf.has(file));
      if (target === undefined) return existsSync(join(site, at)) ? [] : [`${page}: ${href}`];
      return anchor && !idsOf.get(target)?.has(anchor) ? [`${page}: ${href}`] : [];
    }),
  );
  expect(dead).toEqual([]);
  expect(checked).toBeGreaterThan(500);
});

test('nothing is loaded from elsewhere', () => {
  const remote = pages.flatMap((page) =>
    [...read(page).matchAll(/<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="(?:https?:)?\/\/[^"]*"/g)].map(
      (m) => `${page}: ${m[0]}`,
    ),
  );
  expect(remote).toEqual([]);
});
