import type { AuditSubject } from '../../pipeline/audit/audit-record.ts';
import type { GateReport } from '../../pipeline/gates/gate.ts';
import type {
  Actor,
  EvidenceId,
  PersonId,
  PolicyVersion,
  PromotionId,
  Revision,
  TargetVersion,
} from '../../pipeline/ids.ts';
import type { PromotionEvent } from '../../pipeline/promotion/events.ts';
import { newPromotion, nextPromotion } from '../../pipeline/promotion/next-promotion.ts';
import type { Plan, VerdictRecord } from '../../pipeline/promotion/plan.ts';
import type { Promotion, StateKind } from '../../pipeline/promotion/promotion.ts';
import type { Finding } from '../../render/finding.ts';
import type { Digest, StageName } from '../../render/ids.ts';

export const NOW = Date.UTC(2026, 10, 22, 12);
export const CANARY = 'canary' as StageName;
export const ADA: Actor = { kind: 'person', person: 'slack:T0MESHGATE/U0ADA' as PersonId, via: 'slack' };
export const GRACE = 'slack:T0MESHGATE/U0GRACE' as PersonId;
export const SYSTEM: Actor = { kind: 'system', part: 'pipeline' };
const DIGEST = 'd1'.repeat(32) as Digest;
const BASE = 'b0'.repeat(32) as Digest;

export const finding = (saw = 'payments-v2', want = 'payments'): Finding => ({
  rule: 'unknown-cluster',
  severity: 'error',
  at: { file: 'routes/payments.yaml', line: 12, column: 5 },
  saw,
  want,
  resource: 'route payments',
});

export const plan = (over: Partial<Plan> = {}): Plan => ({
  revision: 'a'.repeat(40) as Revision,
  digest: DIGEST,
  base: { targetVersion: 't1' as TargetVersion, digest: BASE, revision: 'c'.repeat(40) as Revision },
  policyVersion: 'p1' as PolicyVersion,
  nextPolicyVersion: 'p1' as PolicyVersion,
  diff: 'e1' as EvidenceId,
  summary: '1 cluster changed',
  blastRadius: 'all traffic of payments',
  authors: [{ name: 'Lin', email: 'lin@example.com' }],
  touchedPaths: ['clusters/payments.yaml'],
  findings: [],
  ...over,
});
export const verdict = (over: Partial<VerdictRecord> = {}): VerdictRecord => ({
  id: 'v1',
  verdict: 'pass',
  digest: DIGEST,
  baseDigest: BASE,
  atEpochMs: NOW,
  cells: [
    { envoy: '1.36.4', verdict: 'pass', cached: false },
    { envoy: '1.40.0', verdict: 'pass', cached: true },
  ],
  report: 'e2' as EvidenceId,
  ...over,
});

export const requested = (reason = 'new weights for payments', by: Actor = ADA): PromotionEvent => ({
  kind: 'requested',
  request: {
    stage: CANARY,
    purpose: 'promote',
    revision: 'a'.repeat(40) as Revision,
    digest: undefined,
    by,
    atEpochMs: NOW,
    reason,
    retryOf: undefined,
  },
  behind: undefined,
});
export const planned = (over: Partial<Plan> = {}): PromotionEvent => ({ kind: 'planned', plan: plan(over) });
export const verified = (over: Partial<VerdictRecord> = {}): PromotionEvent => ({
  kind: 'verified',
  verdict: verdict(over),
});
const intended: PromotionEvent = { kind: 'push-intended', onto: 't1' as TargetVersion, approvedBy: [GRACE] };
const pushed: PromotionEvent = { kind: 'pushed', targetVersion: 't2' as TargetVersion, atEpochMs: NOW };
const healthy: PromotionEvent = { kind: 'observed-healthy', evidence: 'e3' as EvidenceId };
const harm: PromotionEvent = {
  kind: 'observed-harm',
  findings: [finding('5.2 % failed', 'no more than before')],
  evidence: 'e3' as EvidenceId,
};
const nothing: PromotionEvent = {
  kind: 'observed-nothing',
  findings: [finding('no traffic', 'at least 100 requests')],
  evidence: 'e3' as EvidenceId,
};
const taken: PromotionEvent = { kind: 'rolled-back', targetVersion: 't3' as TargetVersion, atEpochMs: NOW };
export const broken: PromotionEvent = {
  kind: 'glass-broken',
  gates: ['freeze'],
  by: GRACE,
  reason: 'outage of payments',
  confirmByEpochMs: NOW + 3_600_000,
};

/** The events that lead to each state, by the transition function itself. */
export const WAYS: Readonly<Record<StateKind, readonly PromotionEvent[]>> = {
  queued: [{ ...requested(), behind: 'canary-1' as PromotionId } as PromotionEvent],
  planning: [requested()],
  verifying: [requested(), planned()],
  gating: [requested(), planned(), verified()],
  pushing: [requested(), planned(), verified(), intended],
  observing: [requested(), planned(), verified(), intended, pushed],
  undecided: [requested(), planned(), verified(), intended, pushed, nothing],
  unconfirmed: [requested(), planned(), verified(), broken, intended, pushed, healthy],
  'rolling-back': [requested(), planned(), verified(), intended, pushed, harm],
  errored: [requested(), { kind: 'failed', during: 'planning', message: 'git is away', mayBePushed: false }],
  promoted: [requested(), planned(), verified(), intended, pushed, healthy],
  'rolled-back': [requested(), planned(), verified(), intended, pushed, harm, taken],
  rejected: [
    requested(),
    planned(),
    verified(),
    { kind: 'rejected', findings: [finding()], by: ADA, reason: 'not today' },
  ],
  cancelled: [requested(), { kind: 'cancelled', by: ADA, reason: 'typo' }],
  superseded: [requested(), { kind: 'superseded', by: 'canary-18' as PromotionId }],
  expired: [requested(), planned(), verified(), { kind: 'expired' }],
};

export const ID = 'canary-17' as PromotionId;
export function promotionAfter(events: readonly PromotionEvent[], id = ID): Promotion {
  const [first, ...rest] = events;
  if (!first) throw new Error('no events');
  return rest.reduce((promotion, event) => nextPromotion(promotion, event, NOW), newPromotion(id, first, NOW));
}
export const promotionIn = (kind: StateKind): Promotion => promotionAfter(WAYS[kind]);
export const subjectOf = (event: PromotionEvent, id: PromotionId = ID): AuditSubject => ({
  kind: 'promotion',
  promotion: id,
  stage: CANARY,
  event,
});

export const waitingForApproval: GateReport = {
  gate: 'approvals',
  state: {
    kind: 'waiting',
    reason: '1 of 1 approvals of release-managers is missing',
    untilEpochMs: undefined,
    owners: { groups: ['release-managers'], people: [] },
  },
};
