import type { Policy } from '../../../pipeline/access/policy.ts';
import { policyOf } from '../../../pipeline/access/policy-of.ts';
import type { GateFacts } from '../../../pipeline/gates/gate-facts.ts';
import type { PersonId } from '../../../pipeline/ids.ts';
import type { PromotionEvent } from '../../../pipeline/promotion/events.ts';
import { nextPromotion } from '../../../pipeline/promotion/next-promotion.ts';
import { occupiesStage, type Promotion } from '../../../pipeline/promotion/promotion.ts';
import type { StageEvent } from '../../../pipeline/stage/events.ts';
import { nextStage } from '../../../pipeline/stage/next-stage.ts';
import {
  emptyStage,
  type Landed,
  type LineRecord,
  openLine,
  type StageRecord,
} from '../../../pipeline/stage/stage-record.ts';
import type { StageName } from '../../../render/ids.ts';
import { meshOf } from '../some-promotion.ts';
import type { Note } from './oracle.ts';

export const STAGES = ['beta', 'staging', 'canary'] as const;
/** 0, 1: other numbers, so that the policy's version changes; the number of approvals with it. */
const meshText = (variant: number): string => `
envoy: ["1.40.0"]
access:
  people:
    ada: { slack: [T01/U0ADA], emails: [ada@shop.example] }
    bo: { slack: [T01/U0BO], emails: [bo@shop.example, bo@home.example] }
    cyd: { slack: [T01/U0CYD], emails: [cyd@shop.example] }
    dan: { slack: [T01/U0DAN], emails: [dan@shop.example] }
    eve: { slack: [T01/U0EVE], emails: [eve@shop.example] }
  groups:
    managers: { members: [ada, bo, cyd, eve] }
    payments: { members: [dan, cyd] }
owners: [{ paths: ["routes/payments/**"], group: payments }]
stages:
  - { name: beta, gates: { auto: true } }
  - { name: staging, gates: { soak: 1h } }
  - name: canary
    gates:
      soak: 1h
      approvals: { count: ${1 + variant}, group: managers, expire: 24h }
      freeze: [{ start: "0 15 * * FRI", duration: 66h, reason: weekend }]
`;
const MESHES = [0, 1].map((variant) => {
  // owners hold in canary only, so that the other stages move by themselves
  const mesh = meshOf(meshText(variant));
  return Object.fromEntries(
    STAGES.map((stage) => {
      const policy = policyOf(mesh, stage as StageName);
      return [stage, stage === 'canary' ? policy : { ...policy, owners: [] }];
    }),
  );
});
export const policyVariant = (variant: number, stage: string): Policy => MESHES[variant]?.[stage] as Policy;

/** All that there is, and the model's own notes beside what the records say. */
export type World = {
  now: number;
  line: LineRecord;
  stages: Record<string, StageRecord>;
  targets: Record<string, { version: string; digest: string | undefined; revision: string | undefined }>;
  policies: Record<string, Policy>;
  promotions: Promotion[];
  notes: Note[];
  /** When a hold or drift of the stage last ended. */
  released: Record<string, number>;
  counter: number;
  pushes: number;
  /** Of those, the ones that went forward into canary without a broken glass. */
  approvedPushes: number;
};

const firstLanding = (stage: string, atEpochMs: number): Landed =>
  ({
    digest: 'd0',
    revision: 'r0',
    policyVersion: policyVariant(1, stage).version,
    promotion: `${stage}-0`,
    targetVersion: `${stage}-0`,
    atEpochMs,
  }) as unknown as Landed;

export const newWorld = (now: number): World => ({
  now,
  line: openLine,
  // something is live everywhere, for a while already
  stages: Object.fromEntries(
    STAGES.map((name) => [name, { ...emptyStage(name as StageName), live: firstLanding(name, now - 7_200_000) }]),
  ),
  targets: Object.fromEntries(
    STAGES.map((name) => [name, { version: `${name}-0`, digest: 'd0', revision: undefined }]),
  ),
  policies: Object.fromEntries(STAGES.map((name) => [name, policyVariant(1, name)])),
  promotions: [],
  notes: [],
  released: {},
  counter: 0,
  pushes: 0,
  approvedPushes: 0,
});

export function factsOf(world: World, promotion: Promotion): GateFacts {
  const { stage } = promotion.request;
  const policy = world.policies[stage] as Policy;
  return {
    nowEpochMs: world.now,
    promotion,
    policy,
    line: world.line,
    stage: world.stages[stage] as StageRecord,
    previous: policy.previousStage === undefined ? undefined : world.stages[policy.previousStage],
    unsettledBefore: world.promotions.find(
      ({ request, state }) => request.stage === policy.previousStage && occupiesStage(state),
    )?.id,
  };
}

/** Appends an event; throws `IllegalEvent` where it is not taken. */
export function apply(world: World, promotion: Promotion, event: PromotionEvent): Promotion {
  const next = nextPromotion(promotion, event, world.now);
  world.promotions[world.promotions.indexOf(promotion)] = next;
  return next;
}
export function applyToStage(world: World, name: string, event: StageEvent): void {
  world.stages[name] = nextStage(world.stages[name] as StageRecord, event, world.now);
  if (event.kind === 'released' || event.kind === 'drift-ended') world.released[name] = world.now;
}
export const asPerson = (name: string): PersonId => name as PersonId;
