import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CellJob } from '../../../conformance/matrix/cell-job.ts';
import { runMatrix } from '../../../conformance/matrix/run-matrix.ts';
import { memoryVerdictCache } from '../../../conformance/matrix/verdict-cache.ts';
import { startWorkerPool } from '../../../conformance/matrix/worker-pool.ts';
import { pollUntil } from '../../../conformance/poll-until.ts';
import type { MatrixEvent } from '../../../conformance/report/progress.ts';
import { cacheDirOf } from '../../../render/wheels/cache-dir.ts';
import { jobOf, NEWEST, OLDEST, placeOf } from '../cell/cell-fixture.ts';
import { lineOf, placedSnapshot, type Texts } from '../cell/placed-snapshot.ts';
import { cluster, routes, SMALL } from '../cell/small-mesh.ts';

const never = new AbortController().signal;
const CHANGED: Texts = {
  ...SMALL,
  route: routes('web', '{ match: { prefix: / }, route: { cluster: app, timeout: 2s } }'),
};
const rehearsing = (version: string): CellJob =>
  jobOf({ version, live: placedSnapshot(SMALL), proposed: placedSnapshot(CHANGED) });

let scratchDir: string;
beforeEach(async () => {
  scratchDir = await mkdtemp(join(tmpdir(), 'meshgate-pool-'));
});
afterEach(() => rm(scratchDir, { recursive: true, force: true }));

const startPool = (workers: number) =>
  startWorkerPool({
    workers,
    launcher: { kind: 'process', cacheDir: cacheDirOf(process.env) },
    scripts: { path: process.env.PATH ?? '', lang: 'C.UTF-8' },
    scratchDir,
  });

type Process = { readonly pid: number; readonly ppid: number; readonly command: string };
/** Processes whose command line has `text`, with their parents. */
async function processesWith(text: string): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
      const [command, stat] = [await read('cmdline'), await read('stat')];
      const ppid = Number(/\) \w (\d+)/.exec(stat)?.[1] ?? 0);
      // A zombie has ended; its parent has not asked yet.
      return { pid: Number(pid), ppid, command: /\) Z /.test(stat) ? '' : command };
    }),
  );
  return found.filter(({ command }) => command.includes(text));
}
const envoys = (): Promise<Process[]> => processesWith(scratchDir);
const workers = async (): Promise<Process[]> =>
  (await processesWith('worker-main.ts')).filter(({ ppid }) => ppid === process.pid);
const gone = (what: string, look: () => Promise<readonly Process[]>, withinMs: number) =>
  pollUntil(what, withinMs, never, async () => ((await look()).length === 0 ? true : undefined));

const matrix = (
  pool: ReturnType<typeof startPool>,
  jobs: readonly CellJob[],
  onEvent: (event: MatrixEvent) => void,
  signal = never,
) =>
  runMatrix({
    jobs,
    runner: pool,
    concurrency: 2,
    keyOf: () => undefined,
    cache: memoryVerdictCache(),
    onEvent,
    signal,
  });

describe.skipIf(process.platform !== 'linux')('worker processes', () => {
  test('cells run in them, findings keep their places, and nothing is left', async () => {
    const refused: Texts = { ...SMALL, cluster: cluster('app', { addresses: ['app.example.com'] }) };
    const events: MatrixEvent[] = [];
    {
      await using pool = startPool(2);
      const jobs = [
        jobOf({ version: OLDEST, proposed: placedSnapshot(SMALL) }),
        jobOf({ version: NEWEST, proposed: placedSnapshot(refused) }),
      ];
      const [passed, failed] = await matrix(pool, jobs, (event) => events.push(event));
      expect(passed).toMatchObject({ verdict: 'pass', id: `beta@${OLDEST}` });
      expect(failed?.findings).toMatchObject([{ rule: 'envoy-refused', resource: 'cluster app' }]);
      expect(failed?.findings.map(placeOf)).toEqual([lineOf(refused, 'cluster', 'app.example.com')]);
      expect(events).toContainEqual({ kind: 'step-started', id: `beta@${OLDEST}`, step: 'rehearsal' });
      expect(await workers()).not.toEqual([]);
    }
    expect(await envoys()).toEqual([]);
    expect(await workers()).toEqual([]);
    expect(await readdir(scratchDir)).toEqual([]);
  });

  test('a worker that is killed: its cell is run again by another one, its Envoys die, the matrix ends', async () => {
    await using pool = startPool(1);
    const events: MatrixEvent[] = [];
    let killed: Promise<void> | undefined;
    const kill = async (): Promise<void> => {
      const [running, victims] = [await envoys(), await workers()];
      expect(running).not.toEqual([]);
      for (const { pid } of victims) process.kill(pid, 'SIGKILL');
      const theirs = new Set(running.map(({ pid }) => pid));
      await gone('Envoys of the dead worker', async () => (await envoys()).filter(({ pid }) => theirs.has(pid)), 5_000);
    };
    const [report] = await matrix(pool, [rehearsing(NEWEST)], (event) => {
      events.push(event);
      if (event.kind === 'step-started' && event.step === 'checks') killed ??= kill();
    });
    await killed;
    expect(killed).toBeDefined();
    expect(report).toMatchObject({
      verdict: 'pass',
      rerun: expect.stringContaining('worker process that ran this cell ended'),
    });
    expect(events.filter(({ kind }) => kind === 'cell-rerun')).toHaveLength(1);
  });

  test('aborted: within 2 s no Envoy, no worker and no directory of a cell is left', async () => {
    const abort = new AbortController();
    const pool = startPool(2);
    const running = matrix(
      pool,
      [rehearsing(NEWEST), rehearsing(OLDEST)],
      (event) => {
        if (event.kind === 'step-started' && event.step === 'rehearsal') abort.abort(new Error('Ctrl-C'));
      },
      abort.signal,
    );
    await expect(running).rejects.toThrow('Ctrl-C');
    const startedAt = performance.now();
    await pool[Symbol.asyncDispose]();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await gone('Envoys', envoys, 500);
    await gone('workers', workers, 500);
    expect(await readdir(scratchDir)).toEqual([]);
  });
});
