import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prometheusText } from '../../../controlplane/admin/prometheus-text.ts';
import { exportAudit } from '../../../pipeline/audit/export-audit.ts';
import { replayAudit } from '../../../pipeline/audit/replay-audit.ts';
import { verifyAudit } from '../../../pipeline/audit/verify-audit.ts';
import { workerSeen } from '../../../pipeline/engine/workers.ts';
import { pipelineMetrics } from '../../../pipeline/metrics/pipeline-metrics.ts';
import { IllegalEvent } from '../../../pipeline/promotion/next-promotion.ts';
import { type OpenStore, openStore } from '../../../pipeline/store/open-store.ts';
import { StoreError } from '../../../pipeline/store/store-error.ts';
import type { StoreLocation } from '../../../pipeline/store/store-location.ts';
import type { StageName } from '../../../render/ids.ts';
import { ADA, BETA, BY_ADA, CANCELLED, ofPromotion, ofStage, promotionId, requested } from './sample-facts.ts';
import { startStoreProcess } from './start-store-process.ts';

const DRIFT = { kind: 'served', want: undefined, saw: 'SECRET', targetVersion: undefined } as const;

/** A place for one store, fresh and empty. */
export type StorePlace = AsyncDisposable & { readonly location: StoreLocation };

/** What every store does, whatever it is made of. */
export function storeContract(name: string, place: () => Promise<StorePlace>): void {
  describe(name, () => {
    const opened = new AsyncDisposableStack();
    let nowEpochMs = 1_000_000;
    let location: StoreLocation;
    let store: OpenStore;
    beforeAll(async () => {
      ({ location } = opened.use(await place()));
      store = opened.use(await openStore(location, { clock: { nowEpochMs: () => nowEpochMs }, toolVersion: '1.2.3' }));
    });
    afterAll(() => opened.disposeAsync());
    const sound = async (): Promise<void> => expect((await verifyAudit(store)).findings).toEqual([]);

    test('a fact is stored, folded and chained at once; documents by their content', async () => {
      const document = await store.transact(async (tx) => {
        const id = await tx.keep('diff', 'a\0b');
        expect(await tx.keep('diff', 'a\0b')).toBe(id);
        await tx.append(BY_ADA, ofPromotion('beta-1', requested()), [id]);
        expect((await tx.promotion(promotionId('beta-1')))?.state.kind).toBe('planning');
        expect(await store.connections.use(async () => 'other connections can be had')).toBeTruthy();
        return id;
      });
      expect(await store.read.evidence(document)).toBe('a\0b');
      const last = (await store.read.audit(1, 10_000)).at(-1);
      expect(last).toMatchObject({ actor: BY_ADA, evidence: [document], toolVersion: '1.2.3', atEpochMs: nowEpochMs });
      await sound();
    });

    test('metrics tell of promotions, stages, jobs and workers; what people typed is in none', async () => {
      const stage = 'told' as StageName;
      const of = (id: string, event = requested('SECRET WORDS', stage)) => ofPromotion(id, event, stage);
      const read = async (): Promise<Map<string, number>> => {
        const families = await pipelineMetrics(store, nowEpochMs);
        expect(prometheusText(families)).not.toMatch(/SECRET|told-[12]/);
        return new Map(
          families.flatMap(({ name, samples }) =>
            samples.map(
              ({ labels = {}, value }) => [`${name} ${Object.values(labels).join(' ')}`.trim(), value] as const,
            ),
          ),
        );
      };
      const startedAt = nowEpochMs;
      try {
        await store.transact(async (tx) => {
          await tx.append(BY_ADA, of('told-1'));
          await tx.append(BY_ADA, of('told-2'));
          await tx.append(BY_ADA, ofStage({ kind: 'drift-found', drift: DRIFT }, stage));
        });
        nowEpochMs += 5_000;
        await store.transact((tx) => tx.append(BY_ADA, of('told-2', CANCELLED)));
        await store.transact((tx) => tx.enqueue({ kind: 'look-for-drift', stage }, { key: 'metrics' }));
        await workerSeen(store, 'w', nowEpochMs);
        const metrics = await read();
        expect(Object.fromEntries([...metrics].filter(([name]) => name.includes(' told')))).toMatchObject({
          'meshgate_promotions told planning': 1,
          'meshgate_promotions told gating': 0,
          'meshgate_promotion_oldest_since_timestamp_seconds told planning': startedAt / 1_000,
          'meshgate_promotions_ended_total told cancelled': 1,
          'meshgate_promotions_ended_seconds_total told cancelled': 5,
          'meshgate_stage_drift told served': 1,
          'meshgate_stage_drift told applied': 0,
          'meshgate_stage_drift_since_timestamp_seconds told': startedAt / 1_000,
          'meshgate_stage_held told': 0,
        });
        expect(metrics.get('meshgate_jobs look-for-drift waiting')).toBeGreaterThanOrEqual(1);
        expect(metrics.get('meshgate_jobs cell running')).toBe(0);
        expect(metrics.get('meshgate_job_longest_wait_seconds look-for-drift')).toBeGreaterThanOrEqual(0);
        expect([metrics.get('meshgate_workers'), metrics.get('meshgate_stopped')]).toEqual([1, 0]);
        nowEpochMs += 15_001;
        expect((await read()).get('meshgate_workers')).toBe(0);
      } finally {
        await store.sql("delete from meshgate_jobs.job where name = 'look-for-drift'", []);
      }
    });

    test('records come back as the transition functions returned them, whatever people typed', async () => {
      let number = 0;
      const text = fc.string({ unit: 'binary', maxLength: 40 });
      await fc.assert(
        fc.asyncProperty(text, async (reason) => {
          const id = `text-${++number}`;
          await store.transact((tx) => tx.append(BY_ADA, ofPromotion(id, requested(`${reason}\0\ud800"\\`))));
          expect(await store.read.promotion(promotionId(id))).toEqual({
            id,
            request: { ...requestOf(`${reason}\0\ud800"\\`) },
            state: { kind: 'planning', sinceEpochMs: nowEpochMs },
            approvals: [],
            version: 1,
          });
        }),
        { numRuns: 15 },
      );
      await sound();
    });

    test('an illegal event gives the whole transaction up, even if the work swallows it', async () => {
      const before = await store.read.audit(1, 10_000);
      const work = store.transact(async (tx) => {
        await tx.keep('diff', 'of nothing');
        await tx.append(BY_ADA, ofPromotion('beta-gone', requested()));
        await tx.enqueue({ kind: 'advance', promotion: promotionId('beta-gone') }, { key: 'beta-gone' });
        await tx.append(BY_ADA, ofPromotion('beta-gone', { kind: 'dequeued' })).catch(() => {});
      });
      await expect(work).rejects.toThrow(IllegalEvent);
      expect(await store.read.audit(1, 10_000)).toEqual(before);
      expect(await store.read.promotion(promotionId('beta-gone'))).toBeUndefined();
      expect(await store.jobs.boss.findJobs('advance', { key: 'beta-gone' })).toEqual([]);
    });

    test('who decides on what they have read never decides on what is past', async () => {
      const stage = 'counted' as StageName;
      const countOn = (): Promise<void> =>
        store.transact(async (tx) => {
          const { counter } = await tx.stage(stage);
          await tx.append(BY_ADA, ofStage({ kind: 'numbered', counter: counter + 1 }, stage));
        });
      await Promise.all(Array.from({ length: 24 }, countOn));
      expect((await store.read.stage(stage)).counter).toBe(24);
      await sound();
    });

    test('time in the log never goes back, though the clock does', async () => {
      const append = () =>
        store.transact(async (tx) => {
          await tx.append(BY_ADA, ofStage({ kind: 'held', reason: 'clock', promotion: undefined }));
          return tx.nowEpochMs;
        });
      nowEpochMs = 5_000_000;
      expect(await append()).toBe(5_000_000);
      nowEpochMs = 4_000_000;
      expect(await append()).toBe(5_000_000);
      nowEpochMs = 6_000_000;
      expect(await append()).toBe(6_000_000);
      await sound();
    });

    test('lists: open ones oldest first, all newest first in pages, and what changed since', async () => {
      const stage = 'listed' as StageName;
      const { cursor } = await store.read.changedSince(0, 10_000);
      for (const n of [1, 2, 3])
        await store.transact((tx) => tx.append(BY_ADA, ofPromotion(`listed-${n}`, requested('x', stage), stage)));
      await store.transact((tx) => tx.append(BY_ADA, ofPromotion('listed-2', CANCELLED, stage)));
      expect((await store.read.openPromotions(stage)).map(({ id }) => id)).toEqual(['listed-1', 'listed-3']);
      const newest = await store.read.promotions({ stage, limit: 2 });
      expect(newest.map(({ id }) => id)).toEqual(['listed-3', 'listed-2']);
      const older = await store.read.promotions({ stage, limit: 2, before: promotionId('listed-2') });
      expect(older.map(({ id }) => id)).toEqual(['listed-1']);
      const first = await store.read.changedSince(cursor, 2);
      expect(first.promotions.map(({ id }) => id)).toEqual(['listed-1', 'listed-3']);
      const rest = await store.read.changedSince(first.cursor, 2);
      expect(rest.promotions.map(({ id, version }) => [id, version])).toEqual([['listed-2', 2]]);
      expect((await store.read.changedSince(rest.cursor, 2)).promotions).toEqual([]);
    });

    test.each([
      "UPDATE meshgate.audit SET tool_version = 'x' WHERE seq = 1",
      'DELETE FROM meshgate.audit',
      'TRUNCATE meshgate.audit',
      'DELETE FROM meshgate.chain_head',
      `INSERT INTO meshgate.audit SELECT seq + 1000000, at_epoch_ms, actor, subject, evidence, tool_version, previous_hash, hash
         FROM meshgate.audit WHERE seq = 1`,
    ])('the database itself refuses %s', async (statement) => {
      await expect(store.sql(statement, [])).rejects.toThrow(/append only|refused/);
      await sound();
    });

    test('asking past an open transaction is an error and no standstill', async () => {
      const work = store.transact(async () => await store.read.line());
      await expect(work).rejects.toMatchObject({ name: 'StoreError', code: 'store-misused' });
      await expect(store.transact(() => store.transact(async () => 1))).rejects.toThrow(StoreError);
    });

    test('the export replays to the same promotions, stages and line', async () => {
      await store.transact((tx) =>
        tx.append(BY_ADA, { kind: 'line', event: { kind: 'stopped', by: ADA, reason: 'a\0"line"\n' } }),
      );
      const { promotions, stages, line } = await replayAudit(exportAudit(store.read));
      expect(line).toEqual(await store.read.line());
      expect(stages.get(BETA)).toEqual(await store.read.stage(BETA));
      expect([...promotions.values()].toReversed()).toEqual(await store.read.promotions({ limit: 10_000 }));
    });

    test('appends of several processes make one chain', async () => {
      await using processes = new AsyncDisposableStack();
      const before = (await store.read.audit(1, 10_000)).length;
      const all = [1, 2, 3].map(() => processes.use(startStoreProcess(location, 'append', 12)));
      await Promise.all(all.map((one) => one.says('done', 60_000)));
      expect((await store.read.audit(1, 10_000)).length).toBe(before + 36);
      await sound();
    });

    test('a process that is killed in the middle of a transaction leaves nothing and keeps nobody out', async () => {
      const before = await store.read.audit(1, 10_000);
      await using killed = startStoreProcess(location, 'hold-transaction');
      await killed.says('inside');
      await killed.kill();
      await store.transact((tx) => tx.append(BY_ADA, ofStage({ kind: 'released', by: ADA, reason: 'after' })));
      const after = await store.read.audit(1, 10_000);
      expect(after.slice(0, -1)).toEqual(before);
      expect(JSON.stringify(await store.read.stage(BETA))).not.toContain('never to be seen');
      expect(await store.sql("SELECT FROM meshgate.evidence WHERE kind = 'note'", [])).toEqual([]);
      await sound();
    });

    test('a schema that a newer Meshgate has migrated is refused with words', async () => {
      const settings = { clock: { nowEpochMs: () => 1 }, toolVersion: 'old' };
      await store.sql("INSERT INTO meshgate.migration (name, timestamp) VALUES ('9999-of-the-future', '2099')", []);
      try {
        await expect(openStore(location, settings)).rejects.toThrow(/^store-newer: .*9999-of-the-future/);
      } finally {
        await store.sql("DELETE FROM meshgate.migration WHERE name = '9999-of-the-future'", []);
      }
      await (await openStore(location, settings))[Symbol.asyncDispose]();
    });
  });
}

const requestOf = (reason: string) => {
  const event = requested(reason);
  if (event.kind !== 'requested') throw new Error('not reached');
  const { digest: _, retryOf: __, ...request } = event.request;
  return request;
};
