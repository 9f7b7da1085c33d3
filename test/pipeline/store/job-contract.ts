import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Job, JobHandlers } from '../../../pipeline/store/job.ts';
import { deadJobs } from '../../../pipeline/store/jobs/dead-jobs.ts';
import { startJobs } from '../../../pipeline/store/jobs/start-jobs.ts';
import { type OpenStore, openStore } from '../../../pipeline/store/open-store.ts';
import type { StoreLocation } from '../../../pipeline/store/store-location.ts';
import type { StageName } from '../../../render/ids.ts';
import { startStoreProcess } from './start-store-process.ts';
import type { StorePlace } from './store-contract.ts';
import { until } from './until.ts';

const driftOf = (stage: string): Job => ({ kind: 'look-for-drift', stage: stage as StageName });

/** What jobs do on every store. */
export function jobContract(name: string, place: () => Promise<StorePlace>): void {
  describe(name, () => {
    const opened = new AsyncDisposableStack();
    let location: StoreLocation;
    let store: OpenStore;
    const clock = { nowEpochMs: () => 1_000 }; // nothing that the database's clock says
    beforeAll(async () => {
      ({ location } = opened.use(await place()));
      store = opened.use(await openStore(location, { clock, toolVersion: 'test' }));
    });
    afterAll(() => opened.disposeAsync());
    const running = (done: string[], more: JobHandlers = {}) =>
      startJobs(store, { 'look-for-drift': async ({ stage }) => void done.push(stage), ...more });

    test('a job is run after its commit, once for a key that waits, and never when the transaction was given up', async () => {
      const done: string[] = [];
      await store.transact((tx) => tx.enqueue(driftOf('first'), { key: 'k' }));
      await store.transact((tx) => tx.enqueue(driftOf('second of the key'), { key: 'k' }));
      const given = store.transact(async (tx) => {
        await tx.enqueue(driftOf('given up'));
        throw new Error('no');
      });
      await expect(given).rejects.toThrow('no');
      await using _runner = await running(done);
      await store.transact((tx) => tx.enqueue(driftOf('last')));
      await until('the last job', () => done.includes('last'));
      expect(done.toSorted()).toEqual(['first', 'last']);
      await until(
        'nothing left',
        async () => (await store.jobs.boss.findJobs('look-for-drift', { queued: true })).length === 0,
      );
    });

    test('a job waits for its time; asked for again under its key, it goes at the earlier one', async () => {
      const done: string[] = [];
      await using _runner = await running(done);
      await store.transact((tx) => tx.enqueue(driftOf('in an hour'), { atEpochMs: 1_000 + 3_600_000, key: 'late' }));
      await store.transact((tx) => tx.enqueue(driftOf('soon'), { atEpochMs: 1_300 }));
      await until('the timed job', () => done.includes('soon'));
      expect(done).toEqual(['soon']);
      await store.transact((tx) => tx.enqueue(driftOf('now'), { key: 'late' }));
      await until('the job of the key', () => done.includes('in an hour'));
    });

    test('a handler that fails is run again, and is told of', async () => {
      let runs = 0;
      const faults: unknown[] = [];
      const handlers: JobHandlers = {
        'look-for-revisions': async () => {
          if (++runs < 2) throw new Error('not yet');
        },
      };
      await using _runner = await startJobs(store, handlers, { onFault: (fault) => faults.push(fault) });
      await store.transact((tx) => tx.enqueue({ kind: 'look-for-revisions' }));
      await until('the second run', () => runs === 2);
      expect(String(faults[0])).toContain('not yet');
    });

    test('a job whose every attempt failed is seen among the dead', async () => {
      await store.jobs.boss.send('look-for-drift', driftOf('hopeless'), { singletonKey: 'h', retryLimit: 0 });
      await using _runner = await startJobs(store, {
        'look-for-drift': async () => {
          throw new Error('never');
        },
      });
      const dead = await until('the dead job', async () => (await deadJobs(store))[0]);
      expect(dead).toMatchObject({ job: driftOf('hopeless'), message: 'never' });
    });

    test('the job of a worker that was killed is taken over', async () => {
      const done: string[] = [];
      await store.transact((tx) => tx.enqueue(driftOf('orphan')));
      await using worker = startStoreProcess(location, 'hold-job');
      await worker.says('working');
      await using _runner = await running(done);
      await worker.kill();
      const killedAt = performance.now();
      await until('the job of the killed worker', () => done.includes('orphan'));
      // No assertion on time: said for whoever reads the log.
      process.stdout.write(`${name}: taken over after ${Math.round(performance.now() - killedAt)} ms\n`);
    });

    test('a worker that stood still loses its job, sees that, and its late word is not heard', async () => {
      let aborted: AbortSignal | undefined;
      let release = (): void => {};
      const done: string[] = [];
      await using stalled = await openStore(location, { clock, toolVersion: 'test' });
      await store.transact((tx) => tx.enqueue(driftOf('stalled')));
      await using _slow = await startJobs(stalled, {
        'look-for-drift': async (_job, signal) => {
          aborted = signal;
          await new Promise<void>((resolve) => {
            release = resolve;
          });
        },
      });
      await until('the job begun', () => aborted);
      const all = await store.jobs.boss.findJobs<Job>('look-for-drift');
      const job = all.find(
        ({ state, data }) => state === 'active' && data.kind === 'look-for-drift' && data.stage === 'stalled',
      );
      // What another worker does once it has seen no renewal for long enough.
      await store.jobs.boss.fail('look-for-drift', job?.id ?? '');
      await using _other = await running(done);
      await until('the signal', () => aborted?.aborted);
      await until('the other run', () => done.includes('stalled'));
      release();
      await until(
        'both workers done',
        async () => (await store.jobs.boss.findJobs('look-for-drift', { queued: true })).length === 0,
      );
      expect(done).toEqual(['stalled']);
    });

    test('a stop waits for handlers, and gives back what does not end', async () => {
      const begun: string[] = [];
      const runner = await startJobs(
        store,
        {
          'look-for-drift': async ({ stage }) => {
            begun.push(stage);
            await new Promise(() => {});
          },
        },
        { graceMs: 50 },
      );
      await store.transact((tx) => tx.enqueue(driftOf('endless')));
      await until('the endless job', () => begun.length === 1);
      await runner[Symbol.asyncDispose]();
      const done: string[] = [];
      await using _next = await running(done);
      await until('the job given back', () => done.includes('endless'));
    });

    test('what is done is removed', async () => {
      const done: string[] = [];
      await using _runner = await running(done);
      await store.transact((tx) => tx.enqueue(driftOf('to be removed')));
      await until('the job', () => done.includes('to be removed'));
      await store.sql(
        "UPDATE meshgate_jobs.job SET completed_on = completed_on - interval '1 hour' WHERE state = 'completed'",
        [],
      );
      await store.sql('UPDATE meshgate_jobs.queue SET maintain_on = NULL', []);
      await store.jobs.boss.supervise();
      expect(await store.sql("SELECT FROM meshgate_jobs.job WHERE state = 'completed' AND name <> 'dead'", [])).toEqual(
        [],
      );
    });
  });
}
