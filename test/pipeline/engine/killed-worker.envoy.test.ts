import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { jobHandlers } from '../../../pipeline/engine/job-handlers.ts';
import {
  beginMatrix,
  cellsOf,
  claimCell,
  claimOf,
  endCell,
  renewClaim,
} from '../../../pipeline/engine/matrix/cells.ts';
import type { CellOutcome, EnginePorts } from '../../../pipeline/engine/ports.ts';
import { matrixOfStage } from '../../../pipeline/engine/verification/verification.ts';
import { addVerification, beginVerification } from '../../../pipeline/engine/verification/verification-rows.ts';
import type { Revision } from '../../../pipeline/ids.ts';
import { startJobs } from '../../../pipeline/store/jobs/start-jobs.ts';
import { type OpenStore, openStore } from '../../../pipeline/store/open-store.ts';
import type { StoreLocation } from '../../../pipeline/store/store-location.ts';
import type { Digest, StageName } from '../../../render/ids.ts';
import { startStoreProcess } from '../store/start-store-process.ts';
import { pglitePlace } from '../store/store-places.ts';
import { until } from '../store/until.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const opened = new AsyncDisposableStack();
let store: OpenStore;
let location: StoreLocation;
// Claims are kept up by a clock that says that no time passes: whatever is taken over here is not taken over because it is old.
const clock = { nowEpochMs: () => 1_000 };
beforeAll(async () => {
  ({ location } = opened.use(await pglitePlace()));
  store = opened.use(await openStore(location, { clock, toolVersion: 'test' }));
});
afterAll(() => opened.disposeAsync());

const ENVOY = '1.40.0';
const matrix = { promotion: 'beta-1', digest: 'd1' as Digest, baseDigest: undefined };
const at = (id: string, attempt: number) => ({ run: { id, attempt }, nowEpochMs: 1_000, leaseMs: 15_000 });
const pass = { verdict: 'pass', cached: false, basis: '', message: undefined, report: undefined } as const;

test('the next run of a job has the cell at once; the one before cannot get it back, nor say how it ended', async () => {
  await beginMatrix(store, matrix, [ENVOY]);
  expect(await claimCell(store, matrix, ENVOY, at('job', 0))).toBe(true);
  expect(await claimCell(store, matrix, ENVOY, at('job', 1))).toBe(true);
  expect(await claimCell(store, matrix, ENVOY, at('job', 0))).toBe(false);
  expect(await renewClaim(store, matrix, ENVOY, claimOf({ id: 'job', attempt: 0 }), 1_000)).toBe(false);
  expect(await endCell(store, matrix, ENVOY, claimOf({ id: 'job', attempt: 0 }), pass)).toBe(false);
  expect(await claimCell(store, matrix, ENVOY, at('job', 12))).toBe(true);
  expect(await endCell(store, matrix, ENVOY, claimOf({ id: 'job', attempt: 12 }), pass)).toBe(true);
});

test('another job robs nobody whose claim is kept up, whatever it is called; one that is not kept up lapses', async () => {
  const other = { ...matrix, promotion: 'beta-2' };
  await beginMatrix(store, other, [ENVOY]);
  expect(await claimCell(store, other, ENVOY, at('job', 3))).toBe(true);
  expect(await claimCell(store, other, ENVOY, at('jo', 9))).toBe(false);
  expect(await claimCell(store, other, ENVOY, at('job2', 9))).toBe(false);
  expect(await claimCell(store, other, ENVOY, { ...at('job2', 0), nowEpochMs: 16_001 })).toBe(true);
});

test('kill -9 of a worker amid a cell: the next worker runs it, though the claim of the dead one is fresh', async () => {
  const digest = 'd2' as Digest;
  const stage = { stage: 'beta' as StageName, digest, baseDigest: undefined, findings: [] };
  const asked = { revision: 'a'.repeat(40) as Revision, askedBy: 'unix:ada', askedEpochMs: 1_000 };
  const id = await addVerification(store, asked);
  await beginVerification(store, id, [stage]);
  const cells = matrixOfStage(id, stage);
  if (!cells) throw new Error('a stage with a digest has a matrix');
  await beginMatrix(store, cells, [ENVOY]);
  await store.transact((tx) => tx.enqueue({ kind: 'verify-cell', verification: id, stage: stage.stage, envoy: ENVOY }));
  await using worker = startStoreProcess(location, 'hold-cell');
  await worker.says('proving');
  const outcome: CellOutcome = { ...pass, digest, findings: [], report: '{}' };
  const handlers = jobHandlers({ store, clock, prove: async () => outcome } as unknown as EnginePorts);
  await worker.kill();
  const killedAt = performance.now();
  await using _runner = await startJobs(store, { 'verify-cell': handlers['verify-cell'] });
  await until('the cell of the killed worker', async () => (await cellsOf(store, cells))[0]?.state === 'done');
  // No assertion on time: said for whoever reads the log.
  process.stdout.write(`a cell of a killed worker: proved anew after ${Math.round(performance.now() - killedAt)} ms\n`);
});
