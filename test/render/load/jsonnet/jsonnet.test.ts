import { execFileSync } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importsOf } from '../../../../render/load/jsonnet/foreign-imports.ts';
import { parseJsonnetError } from '../../../../render/load/jsonnet/jsonnet-error.ts';
import type { JsonnetEvaluator } from '../../../../render/load/jsonnet/jsonnet-evaluator.ts';
import { hasJsonnetProgram, JSONNET_BOUNDS, jsonnetProgram } from '../../../../render/load/jsonnet/jsonnet-program.ts';
import { jsonnetWheel } from '../../../../render/load/jsonnet/jsonnet-wheel.ts';
import { loadMeshConfig } from '../../../../render/load/load-mesh-config.ts';
import { locate } from '../../../../render/places.ts';
import { formatLocation } from '../../../../render/source-location.ts';
import { type ConfigOnDisk, configOnDisk } from '../config-on-disk.ts';

const BOUNDS = { ...JSONNET_BOUNDS, timeoutMs: 20_000 };
const SHORT = { timeoutMs: 700, maxOutputBytes: 100_000, maxMemoryBytes: 512 * 1024 * 1024 };

function hasProgram(): boolean {
  try {
    execFileSync('jsonnet', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const load = (dir: string, jsonnet: JsonnetEvaluator) =>
  loadMeshConfig(dir, { defaultEnvoyVersions: ['1.40.0'], jsonnet });
const placesOf = async (dir: string, jsonnet: JsonnetEvaluator): Promise<string[]> =>
  (await load(dir, jsonnet)).findings.map(({ rule, at }) => `${formatLocation(at)} ${rule}`);

describe.skipIf(!hasProgram())('jsonnetProgram (skipped where no jsonnet is on the PATH)', () => {
  const evaluator = jsonnetProgram({ program: 'jsonnet', bounds: BOUNDS });

  test('is found', async () => {
    expect(await hasJsonnetProgram('jsonnet', '.')).toBe(true);
    expect(await hasJsonnetProgram('no-such-jsonnet', '.')).toBe(false);
  });

  test('a resource whose name is written once stands where its name does', async () => {
    await using config = await configOnDisk({
      'clusters/a.jsonnet':
        "local c = import '../lib/c.libsonnet';\n[\n  c('one'),\n  c('two') { x: [1] },\n  c('thr' + 'ee'),\n]\n",
      'lib/c.libsonnet': "function(name) { name: name, type: '${values.type}' }\n",
    });
    const { loaded, findings } = await load(config.dir, evaluator);
    expect(findings).toEqual([]);
    expect(loaded.items.map(({ body }) => body.name)).toEqual(['one', 'two', 'three']);
    expect(loaded.items.every(({ dynamic }) => dynamic)).toBe(true);
    const at = loaded.items.map(({ body }) => formatLocation(locate(body, []) ?? { file: '', line: 0, column: 0 }));
    expect(at).toEqual(['clusters/a.jsonnet:3:5', 'clusters/a.jsonnet:4:5', 'clusters/a.jsonnet:1:1']);
  });

  test.each([
    ['a syntax error', '{ a: \n  b c }', ['clusters/a.jsonnet:2:5 jsonnet-error']],
    ['a runtime error', 'local a = {x: 1};\n{ name: a.y }', ['clusters/a.jsonnet:2:9 jsonnet-error']],
    ['endless recursion', 'local f(x) = f(x + 1);\nf(1)', ['clusters/a.jsonnet:1:14 jsonnet-error']],
    ['an absolute import', '\nimport "/etc/passwd"', ['clusters/a.jsonnet:2:8 path-outside-config']],
    ['a way out', '{ a: importstr "../../x" }', ['clusters/a.jsonnet:1:16 path-outside-config']],
    ['a missing import', 'import "b.libsonnet"', ['clusters/a.jsonnet:1:1 jsonnet-error']],
    ['something else than resources', '[1]', ['clusters/a.jsonnet:1:1 not-a-resource']],
  ])('%s has its place', async (_, text, expected) => {
    await using config = await configOnDisk({ 'clusters/a.jsonnet': text });
    expect(await placesOf(config.dir, evaluator)).toEqual(expected);
  });

  test('an import that leaves by another file or a link is refused there', async () => {
    await using outside = await configOnDisk({ 'secret.libsonnet': '{}' });
    await using config = await configOnDisk({
      'clusters/a.jsonnet': "import '../lib/b.libsonnet'",
      'lib/b.libsonnet': `{\n  a: import '../link.libsonnet', b: import '${outside.dir}/secret.libsonnet' }`,
    });
    await symlink(join(outside.dir, 'secret.libsonnet'), join(config.dir, 'link.libsonnet'));
    expect(await placesOf(config.dir, evaluator)).toEqual([
      'lib/b.libsonnet:2:13 path-outside-config',
      'lib/b.libsonnet:2:44 path-outside-config',
    ]);
  });

  test('an error in a library names the line that used it', async () => {
    await using config = await configOnDisk({
      'clusters/a.jsonnet': "local f = import '../lib/b.libsonnet';\n[f(1)]\n",
      'lib/b.libsonnet': "\nfunction(x) error 'no'\n",
    });
    const { findings } = await load(config.dir, evaluator);
    const at = { file: 'lib/b.libsonnet', line: 2, column: 13 };
    expect(findings).toMatchObject([{ at, saw: 'no', via: [{ file: 'clusters/a.jsonnet', line: 2 }] }]);
  });

  test.each([
    ['runs for ever', 'local f(x) = f(x + 1) tailstrict; f(1)', /0.7 s/],
    ['gives too much', 'std.makeArray(100000, function(i) i)', /MiB/],
  ])('what %s is ended', async (_, text, message) => {
    await using config = await configOnDisk({ 'clusters/a.jsonnet': text });
    const timeoutMs = text.includes('makeArray') ? 20_000 : SHORT.timeoutMs;
    const { findings } = await load(
      config.dir,
      jsonnetProgram({ program: 'jsonnet', bounds: { ...SHORT, timeoutMs } }),
    );
    expect(findings).toMatchObject([{ rule: 'jsonnet-limit', at: { file: 'clusters/a.jsonnet', line: 1, column: 1 } }]);
    expect(findings[0]?.saw).toMatch(message);
  });

  test.skipIf(process.platform !== 'linux')('what takes too much memory is ended', async () => {
    await using config = await configOnDisk({
      'a.jsonnet': 'local f(a) = f(a + a) tailstrict; f(std.repeat("x", 1000))',
    });
    const bounds = { ...BOUNDS, maxMemoryBytes: 100 * 1024 * 1024 };
    const result = await jsonnetProgram({ program: 'jsonnet', bounds })('a.jsonnet', { dir: config.dir });
    expect(result).toMatchObject({ kind: 'failed', cause: 'limit', message: 'it took more than 100 MiB of memory' });
  });

  test('an aborted signal ends it', async () => {
    await using config = await configOnDisk({ 'a.jsonnet': 'local f(x) = f(x + 1) tailstrict; f(1)' });
    const signal = AbortSignal.timeout(200);
    await expect(evaluator('a.jsonnet', { dir: config.dir, signal })).rejects.toThrow();
  });
});

test('a program that cannot be started is an error of the file, not a crash', async () => {
  const result = await jsonnetProgram({ program: 'no-such-jsonnet' })('a.jsonnet', { dir: '.' });
  expect(result).toMatchObject({ kind: 'failed', cause: 'error' });
});

describe('jsonnetWheel', () => {
  let wheel: ConfigOnDisk;
  beforeAll(async () => {
    // the module's interface is all that matters here: the real one is what the wheel cache fetches
    const module =
      'def evaluate_file(name):\n    text = open(name).read()\n    if "error" in text:\n        raise RuntimeError("RUNTIME ERROR: bad\\n\\t" + name + ":3:4-5\\tobject\\n")\n    return text\n';
    wheel = await configOnDisk({ '_jsonnet.py': module });
  });
  afterAll(() => wheel[Symbol.asyncDispose]());

  test('runs the module of the wheel in the config directory', async () => {
    await using config = await configOnDisk({ 'c d/a.jsonnet': '{"é": 1}', 'b.jsonnet': 'error' });
    const evaluate = jsonnetWheel({ wheelDir: wheel.dir, bounds: BOUNDS });
    expect(await evaluate('c d/a.jsonnet', { dir: config.dir })).toEqual({ kind: 'ok', json: '{"é": 1}' });
    expect(await evaluate('b.jsonnet', { dir: config.dir })).toEqual({
      kind: 'failed',
      cause: 'error',
      message: 'bad',
      at: { file: 'b.jsonnet', line: 3, column: 4 },
    });
  });
});

describe('parseJsonnetError', () => {
  test.each([
    ['RUNTIME ERROR: x\n\ta.jsonnet:2:9-12\tobject\n', 'x', { file: 'a.jsonnet', line: 2, column: 9 }],
    ['STATIC ERROR: a.jsonnet:2:5: expected a comma', 'expected a comma', { file: 'a.jsonnet', line: 2, column: 5 }],
    [
      'STATIC ERROR: a.jsonnet:(2:5)-(3:1): unknown variable: x',
      'unknown variable: x',
      { file: 'a.jsonnet', line: 2, column: 5 },
    ],
    [
      'a.jsonnet:2:5-6 Expected a comma before next field\n\n{ a b }\n',
      'Expected a comma before next field',
      { file: 'a.jsonnet', line: 2, column: 5 },
    ],
    ['RUNTIME ERROR: x\n\t./a b.jsonnet:(2:9)-(4:1)\tthunk\n', 'x', { file: 'a b.jsonnet', line: 2, column: 9 }],
    ['', 'it gave no reason', undefined],
    ['Out of memory', 'Out of memory', undefined],
  ])('%j', (text, message, at) => {
    const parsed = parseJsonnetError(text, 'a.jsonnet');
    expect(parsed.message).toBe(message);
    expect(parsed.at).toEqual(at);
  });
});

test('importsOf finds imports in code alone', () => {
  const text = `// import 'a'\n/* import 'b' */ local x = "import 'c'"; # import 'd'
local t = |||
  import 'e'
|||;
[import 'f', importstr @'g''h', importbin /* c */ "i\\u002f", { 'import': 1, imports: 2 }, 'it''s']`;
  expect(importsOf(text).map(({ path }) => path)).toEqual(['f', "g'h", 'i/']);
});
