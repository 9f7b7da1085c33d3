import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { anchorOf } from '../../docs/.vitepress/anchor-of.ts';
import { sidebar } from '../../docs/.vitepress/sidebar.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const FILES = [...globSync('docs/**/*.md', { cwd: ROOT }), ...globSync('*.md', { cwd: ROOT })].toSorted();

/** Headings as the anchors that hosts of Markdown make of them: lower case, no punctuation, `-` for spaces, `-1` for a second one. */
function anchorsOf(markdown: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutCode(markdown).matchAll(/^#{1,6} (.+)$/gm)) {
    const anchor = anchorOf(heading);
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    anchors.add(count === 0 ? anchor : `${anchor}-${count}`);
  }
  return anchors;
}

const withoutCode = (markdown: string): string => markdown.replaceAll(/^(```+|~~~+)[\s\S]*?^\1[^\n]*$/gm, '');

/** Relative links that lead nowhere. */
function deadLinksOf(file: string, markdown: string): string[] {
  const prose = withoutCode(markdown).replaceAll(/`[^`\n]*`/g, (code) => '_'.repeat(code.length));
  const targets = [...prose.matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [path = '', anchor] = target.split('#');
      const to = path === '' ? join(ROOT, file) : resolve(ROOT, dirname(file), decodeURIComponent(path));
      if (relative(ROOT, to).startsWith('..') || !existsSync(to)) return true;
      return anchor !== undefined && to.endsWith('.md') && !anchorsOf(readFileSync(to, 'utf8')).has(anchor);
    });
}

test.each(FILES)('%s has no dead link', (file) => {
  expect(deadLinksOf(file, readFileSync(join(ROOT, file), 'utf8'))).toEqual([]);
});

test('the test sees dead links, and only those', () => {
  const text =
    '[a](docs) [b](nowhere.md) [c](https://example.com) `[d](nothing)` [e](README.md#nowhere) [f](../../../etc)\n```\n[g](no)\n```\n';
  expect(deadLinksOf('README.md', text)).toEqual(['nowhere.md', 'README.md#nowhere', '../../../etc']);
});

test('every decision is in the index', () => {
  const index = readFileSync(join(ROOT, 'docs/decisions/README.md'), 'utf8');
  const missing = globSync('docs/decisions/[0-9]*.md', { cwd: ROOT }).map((file) => file.split('/').at(-1) ?? '');
  expect(missing.filter((name) => !index.includes(`(${name})`))).toEqual([]);
});

/** Where the menu of the site leads, as files. */
const menu = sidebar
  .flatMap(({ items = [] }) => items)
  .map(({ link = '' }) => {
    const [path = '', anchor] = link.split('#');
    return { file: `docs${path.endsWith('/') ? `${path}README` : path}.md`, anchor };
  });

test('the menu of the site leads to pages and headings that are there', () => {
  const dead = menu.filter(({ file, anchor }) => {
    if (!FILES.includes(file)) return true;
    return anchor !== undefined && !anchorsOf(readFileSync(join(ROOT, file), 'utf8')).has(anchor);
  });
  expect(dead).toEqual([]);
});

test('every page is in the menu, but those that a page of the menu lists', () => {
  const listed = /^docs\/(decisions|errors)\/|^docs\/index\.md$/;
  const pages = FILES.filter((file) => file.startsWith('docs/') && !listed.test(file));
  expect(pages.filter((file) => !menu.some((entry) => entry.file === file))).toEqual([]);
});
