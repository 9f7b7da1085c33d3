import type { EvidenceId, PromotionId, TargetVersion } from '../../../pipeline/ids.ts';
import type { PromotionEvent } from '../../../pipeline/promotion/events.ts';
import type { PromotionState, StateKind } from '../../../pipeline/promotion/promotion.ts';
import { approvalBy, GATING, PLAN, person, promotionIn, T0, VERDICT } from '../some-promotion.ts';

const since = { sinceEpochMs: T0 };
const delivered = { targetVersion: 'v2' as TargetVersion, atEpochMs: T0 };
const ada = { kind: 'person', person: person('ada'), via: 'slack' } as const;

/** One of each, so that a state that is added is missed by the compiler and not by a test. */
export const STATES: { readonly [K in StateKind]: Extract<PromotionState, { kind: K }> } = {
  queued: { kind: 'queued', behind: 'canary-0' as PromotionId, ...since },
  planning: { kind: 'planning', ...since },
  verifying: { kind: 'verifying', plan: PLAN, ...since },
  gating: GATING,
  pushing: { kind: 'pushing', plan: PLAN, verdict: VERDICT, abort: undefined, ...since },
  observing: { kind: 'observing', plan: PLAN, verdict: VERDICT, delivered, ...since },
  undecided: { kind: 'undecided', plan: PLAN, delivered, findings: [], ...since },
  unconfirmed: { kind: 'unconfirmed', plan: PLAN, delivered, ...since },
  'rolling-back': { kind: 'rolling-back', plan: PLAN, delivered, findings: [], by: ada, reason: 'r', ...since },
  errored: { kind: 'errored', during: 'pushing', message: 'm', mayBePushed: true, ...since },
  promoted: { kind: 'promoted', plan: PLAN, delivered, evidence: undefined, ...since },
  'rolled-back': { kind: 'rolled-back', plan: PLAN, findings: [], reason: 'r', ...since },
  rejected: { kind: 'rejected', findings: [], by: ada, reason: 'r', ...since },
  cancelled: { kind: 'cancelled', by: ada, reason: 'r', ...since },
  superseded: { kind: 'superseded', by: 'canary-2' as PromotionId, ...since },
  expired: { kind: 'expired', was: 'gating', ...since },
};

export const EVENTS: { readonly [K in PromotionEvent['kind']]: Extract<PromotionEvent, { kind: K }> } = {
  requested: { kind: 'requested', request: promotionIn(GATING).request, behind: undefined },
  dequeued: { kind: 'dequeued' },
  planned: { kind: 'planned', plan: PLAN },
  verified: { kind: 'verified', verdict: VERDICT },
  approved: { kind: 'approved', approval: approvalBy('bo', ['managers']) },
  rejected: { kind: 'rejected', findings: [], by: ada, reason: 'no' },
  'push-intended': { kind: 'push-intended', onto: PLAN.base.targetVersion, approvedBy: [] },
  pushed: { kind: 'pushed', ...delivered },
  'base-moved': { kind: 'base-moved', saw: 'v9' as TargetVersion },
  'observed-healthy': { kind: 'observed-healthy', evidence: 'e' as EvidenceId },
  'observed-harm': { kind: 'observed-harm', findings: [], evidence: 'e' as EvidenceId },
  'observed-nothing': { kind: 'observed-nothing', findings: [], evidence: 'e' as EvidenceId },
  accepted: { kind: 'accepted', by: person('ada'), reason: 'fine' },
  'rollback-ordered': { kind: 'rollback-ordered', by: ada, reason: 'back' },
  'rolled-back': { kind: 'rolled-back', ...delivered },
  failed: { kind: 'failed', during: 'planning', message: 'm', mayBePushed: false },
  retried: { kind: 'retried', by: person('ada') },
  cancelled: { kind: 'cancelled', by: ada, reason: 'c' },
  superseded: { kind: 'superseded', by: 'canary-2' as PromotionId },
  expired: { kind: 'expired' },
  'glass-broken': {
    kind: 'glass-broken',
    gates: ['freeze'],
    by: person('bo'),
    reason: 'outage',
    confirmByEpochMs: T0 + 3_600_000,
  },
  'glass-confirmed': { kind: 'glass-confirmed', by: person('cyd') },
  'glass-lapsed': { kind: 'glass-lapsed' },
};
