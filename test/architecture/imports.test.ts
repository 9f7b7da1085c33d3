import { expect, test } from 'vitest';
import { filesOf, importsOf, ROOMS, read, targetOf } from './sources.ts';

const OUTSIDE = ['test', 'bench', 'tools'];
const MAX_LINES = 300;

const roomOf = (file: string): string => file.split('/')[0] ?? '';

/** Without comments and the insides of strings, so that words about a thing are not the thing. */
const codeOf = (text: string): string =>
  text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|[\s;{(,])\/\/.*$/gm, '$1')
    .replaceAll(/'(?:[^'\\\n]|\\.)*'/g, "''");

/** The pages of the board run in a browser: a room in a room, with rules of its own. */
const PAGES = 'board/app/';
/** What else of the board a browser may run: it needs nothing of Node. Types may come from wherever the board may take them. */
const SHARED_WITH_PAGES = /^board\/api\/(types\/[a-z-]+|board-client|fleet-rows)\.ts$/;
const PAGE_LIBRARIES = ['preact', '@preact/signals', 'preact-iso', 'uplot', '@dagrejs/dagre', '@tanstack/virtual-core'];

/** Imports that leave something of themselves in the program, of files and of libraries. */
const valueImportsOf = (text: string): string[] =>
  [
    /^import\s+['"]([^'"]+)['"]/gm,
    /^(?:import|export)\s+(?!type\b)[^'"=;]*\bfrom\s+['"]([^'"]+)['"]/gm,
    /\bimport\(\s*['"]([^'"]+)['"]/g,
  ].flatMap((pattern) => [...text.matchAll(pattern)].map(([, path = '']) => path));

function pageProblems(file: string, text: string): string[] {
  return valueImportsOf(text).flatMap((path) => {
    if (!path.startsWith('.')) {
      const isKnown = PAGE_LIBRARIES.some((name) => path === name || path.startsWith(`${name}/`));
      return isKnown ? [] : [`imports ${path}, which pages do not use`];
    }
    const target = targetOf(file, path);
    return target.startsWith(PAGES) || SHARED_WITH_PAGES.test(target)
      ? []
      : [`runs ${target}, which is no part of pages`];
  });
}

/** Parts of a room in their order: each may import what comes after it, and what is no part comes last. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  'cli/': ['package-main.ts', 'main.ts', 'program.ts', 'commands/', 'actions/'],
  [PAGES]: ['main.tsx', 'shell/', 'pages/', 'actions/', 'components/'],
};
const PAGE = /^board\/app\/pages\/[a-z-]+\//;

/** What is wrong with an import within a room. */
function partProblems(file: string, target: string): readonly string[] {
  const [room, parts] = Object.entries(PARTS).find(([name]) => file.startsWith(name) && target.startsWith(name)) ?? [];
  if (room === undefined || !parts) return [];
  const placeOf = (path: string): number => {
    const place = parts.findIndex((part) => path.startsWith(room + part));
    return place === -1 ? parts.length : place;
  };
  if (placeOf(target) < placeOf(file)) return [`imports ${target}, which comes before it`];
  const [page] = PAGE.exec(file) ?? [];
  return page !== undefined && PAGE.test(target) && !target.startsWith(page)
    ? [`imports ${target} of another page`]
    : [];
}

/** What is wrong with one file of a room. Exported to nobody: the test below shows that each of these is seen. */
function problemsOf(file: string, text: string): string[] {
  const room = roomOf(file);
  const problems: string[] = [];
  for (const path of importsOf(text)) {
    const target = targetOf(file, path);
    const to = roomOf(target);
    // The demo shows the local Slack workspace that tests use: one, so that what people see is what is tested.
    if (file.startsWith('cli/demo/') && target.startsWith('test/slack/')) continue;
    if (!ROOMS.includes(to)) problems.push(`imports ${target}, which is no room`);
    else if (ROOMS.indexOf(to) > ROOMS.indexOf(room)) problems.push(`imports ${target}, a room to its right`);
    problems.push(...partProblems(file, target));
    if (!/\.(tsx?|json|css)$/.test(path)) problems.push(`imports ${path} without .ts`);
  }
  const code = codeOf(text);
  const isPage = file.startsWith(PAGES);
  if (isPage) problems.push(...pageProblems(file, text));
  if (room !== 'cli') {
    if (/\bprocess\s*\.\s*env\b/.test(code)) problems.push('reads the environment');
    // A page has the clock of its browser, and no other.
    if (!isPage && /\bDate\.now\(\)|\bnew Date\(\)/.test(code)) problems.push('reads the clock');
    if (/\bconsole\s*\./.test(code)) problems.push('writes to the console');
  }
  const statements = code
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
  if (
    statements.length > 1 &&
    statements.every((statement) => /^export (type )?(\*|\{[^}]*\})[\s\S]* from\b/.test(statement))
  )
    problems.push('is a barrel');
  return problems;
}

test.each(filesOf(ROOMS))('%s keeps to its room', (file) => {
  expect(problemsOf(file, read(file))).toEqual([]);
});

test.each(filesOf([...ROOMS, ...OUTSIDE]))('%s is small, and named for one thing', (file) => {
  expect(read(file).trimEnd().split('\n').length).toBeLessThanOrEqual(MAX_LINES);
  expect(file).toMatch(/^[a-z0-9/.-]+\.tsx?$/);
  expect(file).not.toMatch(/\b(utils?|helpers?|common|misc)\.tsx?$|\/index\.tsx?$/);
});

test.each([
  ['render/a.ts', "import { x } from '../conformance/b.ts';", 'imports conformance/b.ts, a room to its right'],
  ['render/a.ts', "const x = await import('../cli/b.ts');", 'imports cli/b.ts, a room to its right'],
  ['cli/a.ts', "import { x } from '../test/b.ts';", 'imports test/b.ts, which is no room'],
  ['cli/a.ts', "import { x } from '../test/slack/b.ts';", 'imports test/slack/b.ts, which is no room'],
  ['cli/a.ts', "import { x } from './b';", 'imports ./b without .ts'],
  ['render/a.ts', 'const x = process.env.HOME;', 'reads the environment'],
  ['render/a.ts', 'const x = Date.now();', 'reads the clock'],
  ['render/a.ts', 'console.log(1);', 'writes to the console'],
  ['board/app/a.tsx', "import { x } from 'node:fs';", 'imports node:fs, which pages do not use'],
  ['board/app/a.tsx', "const x = await import('hono');", 'imports hono, which pages do not use'],
  ['board/app/a.tsx', "import { x } from '../../render/b.ts';", 'runs render/b.ts, which is no part of pages'],
  ['board/app/a.tsx', "import { x } from '../read/b.ts';", 'runs board/read/b.ts, which is no part of pages'],
  [
    'cli/actions/a.ts',
    "import type { B } from '../commands/b.ts';",
    'imports cli/commands/b.ts, which comes before it',
  ],
  ['cli/a.ts', "const { b } = await import('./actions/b.ts');", 'imports cli/actions/b.ts, which comes before it'],
  [
    'board/app/components/a.tsx',
    "import { b } from '../pages/b/b.ts';",
    'imports board/app/pages/b/b.ts, which comes before it',
  ],
  ['board/app/pages/a/a.tsx', "import '../b/b.css';", 'imports board/app/pages/b/b.css of another page'],
  ['render/a.ts', "export * from './b.ts';\nexport { c } from './c.ts';\n", 'is a barrel'],
])('the rules see it: %s with %s', (file, text, problem) => {
  expect(problemsOf(file, text)).toEqual([problem]);
});

test.each([
  ['cli/a.ts', "import { x } from '../render/b.ts';\nconst y = process.env.HOME; console.log(y, Date.now());"],
  ['cli/demo/a.ts', "import { x } from '../../test/slack/b.ts';"],
  [
    'board/app/a.tsx',
    "import { h } from 'preact';\nimport './a.css';\nimport { x } from '../api/fleet-rows.ts';\nDate.now();",
  ],
  [
    'board/app/a.tsx',
    "import type { Finding } from '../../render/finding.ts';\nimport type { X } from '../api/types/y.ts';",
  ],
  ['cli/commands/a.ts', "import type { A } from '../actions/a.ts';\nimport { b } from '../b.ts';"],
  ['board/app/pages/a/a.tsx', "import { b } from './b.ts';\nimport { c } from '../../components/c.tsx';"],
  ['render/a.ts', '// no process.env here\nexport const x = 1; /* console.log */'],
  ['render/a.ts', "const words = 'process.env and Date.now()';"],
])('and nothing else: %s with %s', (file, text) => {
  expect(problemsOf(file, text)).toEqual([]);
});
