import type { Policy } from '../../pipeline/access/policy.ts';
import type { AuditRecord } from '../../pipeline/audit/audit-record.ts';
import type { EvidenceId } from '../../pipeline/ids.ts';
import type { FleetView } from '../../pipeline/observe/fleet-view.ts';
import type { Finding } from '../../render/finding.ts';
import type { StageName } from '../../render/ids.ts';
import type { FindingView } from '../api/types/matrix.ts';
import type { ObservationView } from '../api/types/promotion.ts';
import { lastEvent } from './promotion-trail.ts';
import { trafficView } from './traffic-view.ts';

const MINUTE_MS = 60_000;
/** As much before the push as observation itself looks at. */
const BEFORE_MS = 10 * MINUTE_MS;
const MOST_STEPS = 120;

export type ObservationGiven = {
  readonly stage: StageName;
  readonly trail: readonly AuditRecord[];
  readonly policy: Policy | undefined;
  readonly nowEpochMs: number;
};
export type ObservationPorts = {
  readonly fleet: Pick<FleetView, 'traffic'>;
  readonly evidence: (id: EvidenceId) => Promise<string | undefined>;
  readonly lines: (findings: readonly Finding[]) => Promise<readonly FindingView[]>;
};

const OUTCOMES = { 'observed-healthy': 'healthy', 'observed-harm': 'harm', 'observed-nothing': 'nothing' } as const;

/** The traffic of the stage before and after the push, and what was made of it. Undefined: nothing was pushed. */
export async function observationView(
  { stage, trail, policy, nowEpochMs }: ObservationGiven,
  { fleet, evidence, lines }: ObservationPorts,
): Promise<ObservationView | undefined> {
  const pushed = lastEvent(trail, 'pushed');
  if (!pushed) return undefined;
  const pushedEpochMs = pushed.event.atEpochMs;
  const observed = lastEvent(trail, 'observed-healthy', 'observed-harm', 'observed-nothing');
  const isOver = observed !== undefined && observed.record.seq > pushed.record.seq;
  const settings = policy?.observe;
  const wantedMs = settings ? settings.ackWithinMs + settings.forMs : BEFORE_MS;
  const endsEpochMs = isOver ? observed.record.atEpochMs : pushedEpochMs + wantedMs;
  const beforeMs = Math.max(BEFORE_MS, settings?.forMs ?? 0);
  const toEpochMs = Math.max(pushedEpochMs + MINUTE_MS, Math.min(nowEpochMs, endsEpochMs + MINUTE_MS));
  const sampleMs = settings?.sampleMs ?? 10_000;
  // Steps begin at the push, so that none is of both sides.
  const stepMs = Math.max(1, Math.ceil((beforeMs + toEpochMs - pushedEpochMs) / MOST_STEPS / sampleMs)) * sampleMs;
  const fromEpochMs = pushedEpochMs - Math.ceil(beforeMs / stepMs) * stepMs;
  const samples = await fleet.traffic(stage, fromEpochMs, toEpochMs);
  const figures = isOver ? await evidence(observed.event.evidence) : undefined;
  const findings = isOver && observed.event.kind !== 'observed-healthy' ? observed.event.findings : [];
  return {
    pushedEpochMs,
    endsEpochMs,
    traffic: trafficView(samples, { fromEpochMs, stepMs, steps: Math.ceil((toEpochMs - fromEpochMs) / stepMs) }),
    ...(isOver ? { outcome: OUTCOMES[observed.event.kind] } : {}),
    findings: await lines(findings),
    ...(figures === undefined ? {} : { figures: JSON.parse(figures) as unknown }),
  };
}
