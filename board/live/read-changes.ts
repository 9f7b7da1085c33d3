import type { AuditSubject } from '../../pipeline/audit/audit-record.ts';
import { progressSince } from '../../pipeline/engine/matrix/progress.ts';
import type { PipelineStore } from '../../pipeline/store/pipeline-store.ts';
import type { StageName } from '../../render/ids.ts';
import type { Change } from '../api/types/events.ts';
import type { Position } from './positions.ts';

type Store = Pick<PipelineStore, 'sql' | 'read'>;

/** What happened at the same time may come to be seen a little later than its number: so many numbers are read again. */
const PROGRESS_OVERLAP = 32;

/** Where the store is. */
export async function headOf(store: Pick<Store, 'sql'>): Promise<Position> {
  const [row] = await store.sql<{ audit: number | string; progress: number | string }>(
    `SELECT (SELECT seq FROM meshgate.chain_head) AS audit,
       (SELECT coalesce(max(seq), 0) FROM meshgate.engine_progress) AS progress`,
    [],
  );
  return { audit: Number(row?.audit ?? 0), progress: Number(row?.progress ?? 0) };
}

/** What rows of the audit log after `from`, up to `to`, changed. */
export async function auditChanges(store: Store, from: number, to: number): Promise<readonly Change[]> {
  const changes: Change[] = [];
  for (let at = from + 1; at <= to; ) {
    const page = await store.read.audit(at, Math.min(500, to - at + 1));
    if (page.length === 0) break;
    for (const { seq, subject } of page) changes.push(...changesOf(subject), { kind: 'audit', seq });
    at = (page.at(-1)?.seq ?? to) + 1;
  }
  return changes;
}

function changesOf(subject: AuditSubject): readonly Change[] {
  switch (subject.kind) {
    case 'promotion':
      return [{ kind: 'promotion', promotion: subject.promotion, stage: subject.stage }];
    case 'stage':
      return [{ kind: 'stage', stage: subject.stage }];
    case 'line':
      return [{ kind: 'line' }];
    case 'refusal':
      // Its promotion's page lists it.
      return subject.promotion === undefined || subject.stage === undefined
        ? []
        : [{ kind: 'promotion', promotion: subject.promotion, stage: subject.stage }];
    default:
      return subject satisfies never;
  }
}

export async function progressChanges(store: Pick<Store, 'sql'>, from: number): Promise<readonly Change[]> {
  const { changed } = await progressSince(store, Math.max(0, from - PROGRESS_OVERLAP));
  return changed.map(({ promotion, line }) => ({ kind: 'progress', promotion, line }));
}

/** Something that differs whenever the fleet of a stage does, as pages show it; by stage. */
export async function fleetMarks(store: Pick<Store, 'sql'>): Promise<ReadonlyMap<StageName, string>> {
  const rows = await store.sql<{ stage: StageName; mark: string }>(
    `SELECT stage, string_agg(mark, ';' ORDER BY mark) AS mark FROM (
       SELECT stage, concat_ws(',', 'n', control_plane, count(*), sum(state_since_ms), max(connected_since_ms)) AS mark
         FROM meshgate.fleet_nodes GROUP BY stage, control_plane
       UNION ALL SELECT stage, concat_ws(',', 'c', id, served_digest, state_since_ms) FROM meshgate.fleet_control_planes
       UNION ALL SELECT stage, concat_ws(',', 't', max(to_ms)) FROM meshgate.fleet_traffic GROUP BY stage
     ) AS marks GROUP BY stage`,
    [],
  );
  return new Map(rows.map(({ stage, mark }) => [stage, mark]));
}
