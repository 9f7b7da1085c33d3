import type { EnginePorts } from '../../../pipeline/engine/ports.ts';
import type { FleetView } from '../../../pipeline/observe/fleet-view.ts';
import { judgeAcks } from '../../../pipeline/observe/judge-acks.ts';

/** What the fleet acknowledged, judged as in an installation; its traffic, which these fleets have none of, is left out. */
export function observeAcks(fleet: FleetView): EnginePorts['observe'] {
  return async ({ promotion, policy, nowEpochMs }) => {
    if (promotion.state.kind !== 'observing') throw new Error(`${promotion.id} is not observed`);
    const { stage } = promotion.request;
    const { plan, delivered } = promotion.state;
    const acks = judgeAcks({
      stage,
      digest: plan.digest,
      pushedAtEpochMs: delivered.atEpochMs,
      nowEpochMs,
      ackShare: policy.observe.ackShare,
      ackWithinMs: policy.observe.ackWithinMs,
      nodes: await fleet.nodes(stage),
      controlPlanes: await fleet.controlPlanes(stage),
    });
    const document = JSON.stringify({ applied: acks.applied, connected: acks.connected });
    if (acks.harm.length > 0) return { kind: 'harm', findings: acks.harm, document };
    if (acks.tookAtEpochMs !== undefined) return { kind: 'healthy', summary: acks.progress, document };
    if (nowEpochMs >= delivered.atEpochMs + policy.observe.ackWithinMs)
      return { kind: 'inconclusive', findings: acks.missing, document };
    return { kind: 'watching', progress: acks.progress, againAtEpochMs: nowEpochMs + 300 };
  };
}
