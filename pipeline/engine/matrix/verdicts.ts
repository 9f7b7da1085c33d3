import { createHash } from 'node:crypto';
import { worstOf } from '../../../conformance/cell.ts';
import type { Stage } from '../../../render/config/mesh-config.ts';
import type { StageName } from '../../../render/ids.ts';
import type { Plan, VerdictRecord } from '../../promotion/plan.ts';
import type { PipelineTransaction } from '../../store/pipeline-store.ts';
import type { StoredCell } from './cells.ts';

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** What the cells say together. Its id changes with anything that it rests on, and not with when or where it was found out. */
export async function verdictOf(
  tx: PipelineTransaction,
  plan: Plan,
  cells: readonly StoredCell[],
  atEpochMs: number,
): Promise<VerdictRecord> {
  const { digest, base, revision } = plan;
  const verdict = worstOf(cells.map((cell) => cell.verdict ?? 'inconclusive'));
  const bases = cells.map((cell) => [cell.envoy, cell.basis ?? '', cell.verdict ?? 'inconclusive']);
  const shown = cells.map((cell) => ({
    envoy: cell.envoy,
    verdict: cell.verdict ?? 'inconclusive',
    cached: cell.cached,
  }));
  const reports = await Promise.all(cells.map(async ({ report }) => (report ? await tx.evidence(report) : undefined)));
  const document = {
    revision,
    digest,
    baseDigest: base.digest ?? null,
    verdict,
    cells: reports.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as unknown])),
  };
  return {
    id: hashOf([digest, base.digest ?? '', revision, bases]),
    verdict,
    digest,
    baseDigest: base.digest,
    atEpochMs,
    cells: shown,
    report: await tx.keep('matrix-report', JSON.stringify(document)),
  };
}

/** Remembered by digest, for going back to it one day. */
export async function keepVerdict(tx: PipelineTransaction, stage: StageName, verdict: VerdictRecord): Promise<void> {
  if (verdict.verdict !== 'pass') return;
  await tx.sql(
    `insert into meshgate.engine_verdict (stage, digest, at_epoch_ms, record) values ($1, $2, $3, $4)
     on conflict (stage, digest) do update set at_epoch_ms = excluded.at_epoch_ms, record = excluded.record`,
    [stage, verdict.digest, verdict.atEpochMs, JSON.stringify(verdict)],
  );
}

/**
 * The fast path of a rollback: a pass for these bytes, not older than `fast_rollback`, on every Envoy version that the stage has today.
 * The same bytes on the same versions do not go bad; what changes is what Meshgate checks. From where it was verified then is not where it
 * is now: going back to what was live is allowed without that.
 */
export async function recentVerdict(
  tx: PipelineTransaction,
  stage: StageName,
  { digest, base }: Pick<Plan, 'digest' | 'base'>,
  { envoys, gates }: Pick<Stage, 'envoys' | 'gates'>,
  nowEpochMs: number,
): Promise<VerdictRecord | undefined> {
  const [row] = await tx.sql<{ readonly record: string }>(
    'select record from meshgate.engine_verdict where stage = $1 and digest = $2 and at_epoch_ms >= $3',
    [stage, digest, nowEpochMs - gates.fastRollbackMs],
  );
  if (!row) return undefined;
  const known = JSON.parse(row.record) as VerdictRecord;
  if (!envoys.every(({ version }) => known.cells.some((cell) => cell.envoy === version && cell.verdict === 'pass')))
    return undefined;
  return {
    ...known,
    id: hashOf(['as verified before', known.id, base.digest ?? '']),
    baseDigest: base.digest,
    cells: known.cells.map((cell) => ({ ...cell, cached: true })),
  };
}
