import type { MetricFamily, Sample } from '../../controlplane/admin/prometheus-text.ts';
import type { StageName } from '../../render/ids.ts';
import { WORKER_BEAT_MS } from '../engine/workers.ts';
import { type Promotion, type StateKind, TERMINAL_STATES } from '../promotion/promotion.ts';
import type { Drift, StageRecord } from '../stage/stage-record.ts';
import { JOB_KINDS } from '../store/job.ts';
import { DEAD_JOBS, JOBS_SCHEMA } from '../store/jobs/job-queue.ts';
import type { PipelineStore } from '../store/pipeline-store.ts';

const OPEN_STATES = [
  'queued',
  'planning',
  'verifying',
  'gating',
  'pushing',
  'observing',
  'undecided',
  'unconfirmed',
  'rolling-back',
  'errored',
] as const satisfies readonly StateKind[];
const DRIFTS = ['delivered', 'served', 'applied'] as const satisfies readonly Drift['kind'][];
const JOB_STATES = ['waiting', 'running'] as const;

/**
 * Promotions, stages and jobs of a store as metrics: the same from every process that has the store. The number of series grows with the
 * stages alone; what people wrote is no label. Rejects with `StoreError`.
 */
export async function pipelineMetrics(store: PipelineStore, nowEpochMs: number): Promise<readonly MetricFamily[]> {
  const names = await store.sql<{ readonly name: StageName }>('select name from meshgate.stage order by name', []);
  const stages = await Promise.all(names.map(({ name }) => store.read.stage(name)));
  const { stopped } = await store.read.line();
  return [
    ...promotionMetrics(stages, await store.read.openPromotions()),
    ...(await finishedMetrics(store)),
    ...stageMetrics(stages),
    gauge('meshgate_stopped', '1: nothing is promoted anywhere until a person resumes.', [{ value: stopped ? 1 : 0 }]),
    ...(await jobMetrics(store, nowEpochMs)),
  ];
}

const gauge = (name: string, help: string, samples: readonly Sample[]): MetricFamily => ({
  name,
  help,
  type: 'gauge',
  samples,
});

/** A stage without promotions has zeros, so that a change is seen. */
function promotionMetrics(stages: readonly StageRecord[], open: readonly Promotion[]): MetricFamily[] {
  const of = (stage: StageName, state: StateKind) =>
    open.filter((promotion) => promotion.request.stage === stage && promotion.state.kind === state);
  const each = <Value>(value: (found: readonly Promotion[]) => Value) =>
    stages.flatMap(({ name: stage }) =>
      OPEN_STATES.map((state) => ({ labels: { stage, state }, value: value(of(stage, state)) })),
    );
  return [
    gauge(
      'meshgate_promotions',
      'Promotions that have not ended, by state.',
      each((found) => found.length),
    ),
    gauge(
      'meshgate_promotion_oldest_since_timestamp_seconds',
      'Since when the oldest promotion of a state is in it; absent while there is none.',
      each((found) => Math.min(...found.map(({ state }) => state.sinceEpochMs)) / 1_000).filter(({ value }) =>
        Number.isFinite(value),
      ),
    ),
  ];
}

/** Promotions are kept for good, so their number only grows. */
async function finishedMetrics(store: PipelineStore): Promise<MetricFamily[]> {
  const rows = await store.sql<{ stage: string; state: string; count: number; seconds: number }>(
    `select p.stage, p.state_kind as state, count(*)::int as count,
            (sum(ended.at_epoch_ms - asked.at_epoch_ms) / 1000.0)::float8 as seconds
       from meshgate.promotion p
       join meshgate.audit asked on asked.seq = p.created_seq
       join meshgate.audit ended on ended.seq = p.changed_seq
      where p.terminal and p.state_kind = any($1)
      group by 1, 2 order by 1, 2`,
    [[...TERMINAL_STATES]],
  );
  const counter = (name: string, help: string, value: (row: (typeof rows)[number]) => number): MetricFamily => ({
    name,
    help,
    type: 'counter',
    samples: rows.map((row) => ({ labels: { stage: row.stage, state: row.state }, value: value(row) })),
  });
  return [
    counter('meshgate_promotions_ended_total', 'Promotions that ended, by how.', ({ count }) => count),
    counter(
      'meshgate_promotions_ended_seconds_total',
      'How long those took, from the request to the end, added up.',
      ({ seconds }) => seconds,
    ),
  ];
}

function stageMetrics(stages: readonly StageRecord[]): MetricFamily[] {
  const since = (name: string, help: string, of: (stage: StageRecord) => number | undefined): MetricFamily =>
    gauge(
      name,
      help,
      stages.flatMap((stage) => {
        const epochMs = of(stage);
        return epochMs === undefined ? [] : [{ labels: { stage: stage.name }, value: epochMs / 1_000 }];
      }),
    );
  return [
    gauge(
      'meshgate_stage_drift',
      '1: what is promoted, delivered, served and applied differ, by where.',
      stages.flatMap(({ name: stage, drift }) =>
        DRIFTS.map((kind) => ({ labels: { stage, kind }, value: drift?.kind === kind ? 1 : 0 })),
      ),
    ),
    gauge(
      'meshgate_stage_held',
      '1: the stage stays where it is until a person releases it.',
      stages.map(({ name: stage, hold }) => ({ labels: { stage }, value: hold ? 1 : 0 })),
    ),
    gauge(
      'meshgate_stage_frozen',
      '1: a person froze the stage.',
      stages.map(({ name: stage, freeze }) => ({ labels: { stage }, value: freeze ? 1 : 0 })),
    ),
    since(
      'meshgate_stage_drift_since_timestamp_seconds',
      'Since when there is drift.',
      ({ drift }) => drift?.sinceEpochMs,
    ),
    since(
      'meshgate_stage_held_since_timestamp_seconds',
      'Since when a stage is held.',
      ({ hold }) => hold?.sinceEpochMs,
    ),
    since('meshgate_stage_live_since_timestamp_seconds', 'When what is live became so.', ({ live }) => live?.atEpochMs),
  ];
}

async function jobMetrics(store: PipelineStore, nowEpochMs: number): Promise<MetricFamily[]> {
  const rows = await store.sql<{ kind: string; state: string; count: number; waits: number }>(
    `select name as kind, case state::text when 'active' then 'running' else 'waiting' end as state, count(*)::int as count,
            coalesce(extract(epoch from max(now() - start_after)), 0)::float8 as waits
       from ${JOBS_SCHEMA}.job
      where state::text in ('created', 'retry', 'active') and start_after <= now()
      group by 1, 2`,
    [],
  );
  const found = (kind: string, state: string) => rows.find((row) => row.kind === kind && row.state === state);
  const workers = await store.sql<{ count: number }>(
    'select count(*)::int as count from meshgate.engine_worker where seen_epoch_ms > $1',
    [nowEpochMs - 3 * WORKER_BEAT_MS],
  );
  return [
    gauge(
      'meshgate_jobs',
      'Jobs that run, and that could run now and wait for a worker.',
      JOB_KINDS.flatMap((kind) =>
        JOB_STATES.map((state) => ({ labels: { kind, state }, value: found(kind, state)?.count ?? 0 })),
      ),
    ),
    gauge(
      'meshgate_job_longest_wait_seconds',
      'How long the oldest job waits that could run now.',
      JOB_KINDS.map((kind) => ({ labels: { kind }, value: Math.max(0, found(kind, 'waiting')?.waits ?? 0) })),
    ),
    gauge('meshgate_dead_jobs', 'Jobs whose every attempt failed, kept for 30 days.', [
      { value: found(DEAD_JOBS, 'waiting')?.count ?? 0 },
    ]),
    gauge('meshgate_workers', 'Workers that said within 15 s that they are there.', [
      { value: workers[0]?.count ?? 0 },
    ]),
  ];
}
