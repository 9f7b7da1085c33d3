import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { emptyReport } from '../../../conformance/cell/inconclusive-report.ts';
import type { CellJob, CellRunner } from '../../../conformance/matrix/cell-job.ts';
import { type MatrixRun, runMatrix } from '../../../conformance/matrix/run-matrix.ts';
import { fileVerdictCache, memoryVerdictCache, type VerdictKey } from '../../../conformance/matrix/verdict-cache.ts';
import type { CellReport } from '../../../conformance/report/matrix-result.ts';
import type { MatrixEvent } from '../../../conformance/report/progress.ts';
import { jobOf } from '../cell/cell-fixture.ts';
import { snapshotOf } from '../snapshot-of.ts';

const proposed = snapshotOf({});
const job = (version = '1.40.0'): CellJob => jobOf({ version, proposed });
const KEY: VerdictKey = {
  digest: 'd',
  liveDigest: undefined,
  envoy: '1.40.0',
  image: undefined,
  launcher: 'process',
  checks: 'c',
  stageSettings: { name: 'beta', guards: { defaultPanicThresholdPercent: 50 } },
  tool: 't',
};

/** Runs what the list says, one report after the other; its calls are counted. */
function runner(...verdicts: readonly CellReport['verdict'][]): CellRunner & { calls: number } {
  const self = {
    calls: 0,
    run: async (one: CellJob): Promise<CellReport> => {
      const verdict = verdicts[Math.min(self.calls, verdicts.length - 1)] ?? 'pass';
      self.calls += 1;
      return {
        ...emptyReport(one),
        verdict,
        ...(verdict === 'inconclusive' ? { message: `port taken ${self.calls}` } : {}),
      };
    },
  };
  return self;
}
const events: MatrixEvent[] = [];
beforeEach(() => void events.splice(0));
const run = (more: Partial<MatrixRun> & Pick<MatrixRun, 'runner'>) =>
  runMatrix({
    jobs: [job()],
    concurrency: 2,
    keyOf: () => KEY,
    cache: memoryVerdictCache(),
    onEvent: (event) => events.push(event),
    signal: new AbortController().signal,
    ...more,
  });

describe('the one rerun', () => {
  test('an inconclusive cell runs once more, and it is shown', async () => {
    const [report] = await run({ runner: runner('inconclusive', 'pass') });
    expect(report).toMatchObject({ verdict: 'pass', rerun: 'port taken 1' });
    expect(events).toContainEqual({ kind: 'cell-rerun', id: 'beta@1.40.0', why: 'port taken 1' });
  });

  test('only once: inconclusive twice is inconclusive', async () => {
    const twice = runner('inconclusive');
    const [report] = await run({ runner: twice });
    expect(report).toMatchObject({ verdict: 'inconclusive', rerun: 'port taken 1', message: 'port taken 2' });
    expect(twice.calls).toBe(2);
  });

  test.each(['pass', 'fail'] as const)('never after %s', async (verdict) => {
    const one = runner(verdict);
    const [report] = await run({ runner: one });
    expect(report?.rerun).toBeUndefined();
    expect(one.calls).toBe(1);
  });
});

test('reports come in the order of the jobs, whatever ends first', async () => {
  const versions = ['1.36.4', '1.37.0', '1.38.3'];
  const slowFirst: CellRunner = {
    run: async (one) => {
      await new Promise((resolve) => setTimeout(resolve, one.cell.envoy.version === '1.36.4' ? 30 : 1));
      return { ...emptyReport(one), verdict: 'pass' };
    },
  };
  const reports = await run({ runner: slowFirst, jobs: versions.map(job), keyOf: () => undefined });
  expect(reports.map(({ envoy }) => envoy)).toEqual(versions);
});

test('aborted: rejects with the reason, and starts no further cell', async () => {
  const abort = new AbortController();
  const started: string[] = [];
  const never: CellRunner = {
    run: (one, _onEvent, signal) => {
      started.push(one.cell.envoy.version);
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  };
  const running = run({ runner: never, jobs: ['1.36.4', '1.37.0', '1.38.3'].map(job), signal: abort.signal });
  setTimeout(() => abort.abort(new Error('Ctrl-C')), 10);
  await expect(running).rejects.toThrow('Ctrl-C');
  expect(started).toHaveLength(2);
});

describe('verdict cache', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'meshgate-verdicts-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  test('an unchanged cell is answered from it, without its evidence, with the repro of today', async () => {
    const first = runner('pass');
    await run({ runner: first, cache: fileVerdictCache(dir) });
    const second = runner('pass');
    const [report] = await run({
      runner: second,
      cache: fileVerdictCache(dir),
      jobs: [{ ...job(), repro: './mesh again' }],
    });
    expect(second.calls).toBe(0);
    expect(report).toMatchObject({ verdict: 'pass', cached: true, repro: './mesh again' });
    expect(events.at(-1)).toMatchObject({ kind: 'cell-ended', cached: true });
  });

  const others: readonly (readonly [keyof VerdictKey, unknown])[] = [
    ['digest', 'other'],
    ['liveDigest', 'other'],
    ['envoy', '1.39.3'],
    ['image', 'registry/envoy@sha256:0'],
    ['launcher', 'docker'],
    ['checks', 'other'],
    ['stageSettings', { name: 'beta', guards: { defaultPanicThresholdPercent: 60 } }],
    ['tool', 'other'],
  ];
  test('every member of the key is among those that are varied below', () => {
    expect(others.map(([member]) => member).sort()).toEqual(Object.keys(KEY).sort());
  });
  test.each(others)('another %s is another verdict', async (member, value) => {
    for (const cache of [fileVerdictCache(dir), memoryVerdictCache()]) {
      await cache.write(KEY, { ...emptyReport(job()), verdict: 'pass' });
      expect(await cache.read({ ...KEY })).toMatchObject({ verdict: 'pass', cached: true });
      expect(await cache.read({ ...KEY, [member]: value })).toBeUndefined();
    }
  });

  test.each(['fail', 'inconclusive'] as const)('%s is not kept', async (verdict) => {
    for (const cache of [fileVerdictCache(dir), memoryVerdictCache()]) {
      await cache.write(KEY, { ...emptyReport(job()), verdict });
      expect(await cache.read(KEY)).toBeUndefined();
    }
    expect(await readdir(dir)).toEqual([]);
  });

  test('what passed only when it was run again is not kept', async () => {
    const cache = fileVerdictCache(dir);
    const [report] = await run({ runner: runner('inconclusive', 'pass'), cache });
    expect(report).toMatchObject({ verdict: 'pass', rerun: 'port taken 1' });
    expect(await cache.read(KEY)).toBeUndefined();
  });

  test('a file that cannot be read is no verdict', async () => {
    const cache = fileVerdictCache(dir);
    await cache.write(KEY, { ...emptyReport(job()), verdict: 'pass' });
    const [file = ''] = await readdir(dir);
    await writeFile(join(dir, file), '{"verdict":');
    expect(await cache.read(KEY)).toBeUndefined();
  });

  test('a verdict that cannot be kept is a verdict all the same, and is said', async () => {
    await writeFile(join(dir, 'taken'), '');
    const [report] = await run({ runner: runner('pass'), cache: fileVerdictCache(join(dir, 'taken')) });
    expect(report).toMatchObject({ verdict: 'pass', cached: false });
    expect(events).toContainEqual({ kind: 'note', message: expect.stringContaining('not kept') });
  });

  test('no key: neither answered from it nor kept in it', async () => {
    const cache = memoryVerdictCache();
    const one = runner('pass');
    await run({ runner: one, cache, keyOf: () => undefined });
    await run({ runner: one, cache, keyOf: () => undefined });
    expect(one.calls).toBe(2);
  });
});
