import type { AuditRecord } from '../../pipeline/audit/audit-record.ts';
import type { FleetNode } from '../../pipeline/observe/fleet-view.ts';
import type { Digest } from '../../render/ids.ts';
import type { PushView } from '../api/types/promotion.ts';
import type { FleetCounts } from '../api/types/stages.ts';
import { lastEvent } from './promotion-trail.ts';

/** A curve needs no more. */
const MOST_POINTS = 200;

/** Undefined: it was never to be pushed. `nodes`: of the stage, now. */
export function pushView(
  trail: readonly AuditRecord[],
  digest: Digest | undefined,
  nodes: readonly FleetNode[],
  fleet: FleetCounts | undefined,
): PushView | undefined {
  const intended = lastEvent(trail, 'push-intended');
  if (!intended) return undefined;
  const pushed = lastEvent(trail, 'pushed');
  const isOfThisIntent = pushed && pushed.record.seq > intended.record.seq;
  const { targetVersion, atEpochMs } = pushed?.event ?? {};
  return {
    onto: intended.event.onto,
    intendedEpochMs: intended.record.atEpochMs,
    approvedBy: intended.event.approvedBy,
    ...(isOfThisIntent && targetVersion !== undefined && atEpochMs !== undefined
      ? { delivered: { targetVersion, atEpochMs } }
      : {}),
    ...(fleet ? { fleet } : {}),
    convergence: convergence(nodes, digest, atEpochMs ?? intended.record.atEpochMs),
    connected: nodes.filter(({ state }) => state !== 'gone').length,
  };
}

/** From the Envoys that run it now: who ran it and went away is not told of. */
function convergence(
  nodes: readonly FleetNode[],
  digest: Digest | undefined,
  pushedEpochMs: number,
): PushView['convergence'] {
  const times = nodes
    .filter((node) => node.state === 'applied' && node.servedDigest === digest)
    .map(({ stateSinceEpochMs }) => Math.max(pushedEpochMs, stateSinceEpochMs))
    .sort((a, b) => a - b);
  const all = times.map((atEpochMs, index) => ({ atEpochMs, applied: index + 1 }));
  const every = Math.ceil(all.length / MOST_POINTS) || 1;
  return all.filter((_, index) => index % every === 0 || index === all.length - 1);
}
