import { expect, test } from 'vitest';
import { plainModule } from '../../../tools/package/plain-module.ts';

test('types go, lines stay, and modules end in .js however they are named', () => {
  const { code, modules, packages } = plainModule(
    [
      "import type { Plan } from './plan.ts';",
      "import { a, type B } from '../a.ts';",
      "import pins from './pins.json' with { type: 'json' };",
      "import { join } from 'node:path';",
      "import { z } from 'zod/v4';",
      "export * from './more.ts';",
      'export const load = async (): Promise<B> => (await import("./late.ts")).b;',
      "const WORKER: URL = new URL('./worker-main.ts', import.meta.url);",
      'throw new Error([a, pins, join, z, WORKER].join());',
    ].join('\n'),
  );
  expect(modules.toSorted()).toEqual(['../a.ts', './late.ts', './more.ts', './worker-main.ts']);
  expect(packages).toEqual(['node:path', 'zod/v4']);
  const lines = code.split('\n');
  expect(lines[0]?.trim()).toBe('');
  expect(lines[1]).toContain("from '../a.js'");
  expect(lines[2]).toContain("'./pins.json' with { type: 'json' }");
  expect(lines[5]).toBe("export * from './more.js';");
  expect(lines[6]).toContain("import('./late.js')");
  expect(lines[7]).toContain("new URL('./worker-main.js', import.meta.url)");
  expect(lines).toHaveLength(9);
});

test.each([
  ["const main = join(root, 'cli', 'main.ts');", 'main.ts'],
  ['const main = `in/main.ts`;', 'in/main.ts'],
  ["const main = new URL('./main.ts', root);", './main.ts'],
])('a module that the package cannot follow is told: %s', (line, text) => {
  const { texts, modules } = plainModule(`const root = 'x';\nconst join = (...a: string[]) => a.join();\n${line}`);
  expect({ texts, modules }).toEqual({ texts: [text], modules: [] });
});

test('words about a module are no module', () => {
  expect(
    plainModule("/** See `plan.ts`. */\n// import './x.ts'\nexport const text = 'plan.ts is a file';").modules,
  ).toEqual([]);
});
