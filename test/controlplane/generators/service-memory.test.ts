import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openServiceMemory } from '../../../controlplane/generators/service-memory.ts';
import type { Generator } from '../../../render/generators/generator.ts';

let dir: string;
let path: string;
let problems: string[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'service-memory-'));
  path = join(dir, 'services.json');
  problems = [];
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const generator = (name: string, tag = 'app') => ({ name, source: { kind: 'registry', tag } }) as unknown as Generator;
const known = (...names: readonly string[]) => names.map((name) => ({ name, tags: ['app'] }));
const open = (nowEpochMs: number) =>
  openServiceMemory({ path, nowEpochMs: () => nowEpochMs, onProblem: (problem) => problems.push(problem) });

test('services come back with their order, how many were served, and since when the source was not heard', async () => {
  {
    await using memory = await open(1_000);
    expect(memory.remembered(generator('apps'))).toBeUndefined();
    memory.remember(generator('apps'), { services: known('b', 'a', 'out'), served: 2 });
    memory.remember(generator('silent'), { services: known('x'), failingSinceEpochMs: 400 });
    memory.remember(generator('gone'), { services: known('y'), served: 1 });
    memory.remember(generator('gone'), undefined);
  }
  await using memory = await open(9_000);
  expect(memory.remembered(generator('apps'))).toEqual({
    services: known('b', 'a', 'out'),
    served: 2,
    sinceEpochMs: 1_000,
  });
  expect(memory.remembered(generator('silent'))).toEqual({ services: known('x'), sinceEpochMs: 400 });
  expect(memory.remembered(generator('gone'))).toBeUndefined();
  // What another source knew is nothing that this one knows.
  expect(memory.remembered(generator('apps', 'other'))).toBeUndefined();
  expect(problems).toEqual([]);
});

test.each([
  ['half a file', '{"format":1,"gen', /JSON/],
  ['another format', '{"format":2,"generators":{}}', /it is of another format$/],
  ['a service that is none', '{"format":1,"generators":{"x":{"sinceEpochMs":1,"services":[{"name":1}]}}}', /format$/],
])('%s is said, is nothing that is known, and is written anew', async (_, text, problem) => {
  await writeFile(path, text);
  {
    await using memory = await open(1_000);
    expect(memory.remembered(generator('apps'))).toBeUndefined();
    expect(problems).toEqual([expect.stringMatching(problem)]);
    memory.remember(generator('apps'), { services: known('a'), served: 1 });
  }
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ format: 1 });
});
