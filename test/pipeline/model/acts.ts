import { mayApprove, mayConfirm, mayDo } from '../../../pipeline/access/may-do.ts';
import type { Person } from '../../../pipeline/commands/pipeline.ts';
import { judgeGates, mayPush } from '../../../pipeline/gates/gates.ts';
import { type Approval, type Binding, bindingOf } from '../../../pipeline/promotion/approval.ts';
import { deadlineOf } from '../../../pipeline/promotion/deadlines.ts';
import type { PromotionEvent } from '../../../pipeline/promotion/events.ts';
import { newPromotion } from '../../../pipeline/promotion/next-promotion.ts';
import type { Plan, VerdictRecord } from '../../../pipeline/promotion/plan.ts';
import {
  isTerminal,
  occupiesStage,
  type Promotion,
  SKIPPABLE_GATES,
  type SkippableGate,
} from '../../../pipeline/promotion/promotion.ts';
import { nextLine } from '../../../pipeline/stage/next-stage.ts';
import type { Digest } from '../../../render/ids.ts';
import { EVENTS } from '../promotion/states.ts';
import { PEOPLE, wrongWithPush } from './oracle.ts';
import type { Random } from './random.ts';
import { apply, applyToStage, asPerson, factsOf, policyVariant, STAGES, type World } from './world.ts';

const HOUR = 3_600_000;
const NAMES = Object.keys(PEOPLE);
const personOf = (name: string): Person => ({
  id: asPerson(name),
  groups: [...(PEOPLE[name]?.groups ?? []), 'everybody'],
  emails: PEOPLE[name]?.emails ?? [],
});

type Act = (world: World, random: Random, promotion: Promotion | undefined) => unknown;

export const ACTS: { readonly [name: string]: { readonly weight: number; readonly act: Act } } = {
  request: { weight: 4, act: request },
  step: { weight: 30, act: (world, random, promotion) => promotion && step(world, random, promotion) },
  approve: { weight: 16, act: (world, random, promotion) => promotion && approve(world, random, promotion) },
  clock: {
    weight: 5,
    act: (world, random) => {
      // mostly on, sometimes days, rarely back
      world.now += random.pick([60_000, HOUR, HOUR, 2 * HOUR, 2 * HOUR, 2 * HOUR, 30 * HOUR, 72 * HOUR, -HOUR]);
    },
  },
  watchdog: { weight: 2, act: (world, _random, promotion) => promotion && watchdog(world, promotion) },
  baseMoves: {
    weight: 1,
    act: (world, random) => {
      world.counter += 1;
      const version = `foreign-${world.counter}`;
      world.targets[random.pick(STAGES)] = { version, digest: version, revision: undefined };
    },
  },
  policy: {
    weight: 1,
    act: (world, random) => {
      const stage = random.pick(STAGES);
      world.policies[stage] = policyVariant(random.below(2), stage);
    },
  },
  line: {
    weight: 1,
    act: (world, random) => {
      const kind = random.chance(0.3) ? 'stopped' : 'resumed';
      world.line = nextLine(world.line, { kind, by: asPerson(random.pick(NAMES)), reason: 'r' }, world.now);
    },
  },
  stage: { weight: 2, act: disturbStage },
  glass: { weight: 2, act: (world, random, promotion) => promotion && glass(world, random, promotion) },
  people: {
    weight: 1,
    act: (world, random, promotion) => {
      if (!promotion) return;
      const by = { kind: 'person', person: asPerson(random.pick(NAMES)), via: 'cli' } as const;
      const system = { kind: 'system', part: 'observer' } as const;
      const kinds = ['cancelled', 'rejected', 'retried', 'superseded', 'accepted', 'rollback-ordered'] as const;
      const event: PromotionEvent = EVENTS[random.pick(kinds)];
      const isByActor = event.kind === 'cancelled' || event.kind === 'rejected' || event.kind === 'rollback-ordered';
      apply(world, promotion, isByActor ? { ...event, by: random.chance(0.5) ? by : system } : event);
    },
  },
};

function request(world: World, random: Random): void {
  const stage = random.pick([...STAGES, 'canary'] as const);
  const before = { beta: undefined, staging: 'beta', canary: 'staging' }[stage];
  const live = before === undefined ? undefined : world.stages[before]?.live?.revision;
  world.counter += 1;
  const event = {
    ...EVENTS.requested,
    request: {
      ...EVENTS.requested.request,
      stage: stage as never,
      purpose: random.chance(0.12) ? ('rollback' as const) : ('promote' as const),
      revision: (live !== undefined && random.chance(0.8) ? live : `r${random.below(4)}`) as never,
      by: random.chance(0.2)
        ? ({ kind: 'system', part: 'auto' } as const)
        : ({ kind: 'person', person: asPerson(someIdentity(random)), via: 'slack' } as const),
      atEpochMs: world.now,
    },
  };
  world.promotions.push(newPromotion(`${stage}-${world.counter}` as never, event, world.now));
}
const someIdentity = (random: Random): string => {
  const name = random.pick(NAMES);
  return random.chance(0.2) ? `slack:T01/U0${name.toUpperCase()}` : name;
};

/** Does what the pipeline would do next, with whatever comes of it. */
function step(world: World, random: Random, promotion: Promotion): unknown {
  const { state, request: asked } = promotion;
  const target = world.targets[asked.stage];
  switch (state.kind) {
    case 'queued':
      return apply(world, promotion, EVENTS.dequeued);
    case 'planning':
      return apply(world, promotion, { kind: 'planned', plan: planOf(world, random, promotion) });
    case 'verifying': {
      const base =
        asked.purpose === 'rollback' && random.chance(0.5) ? ('elsewhere' as Digest) : state.plan.base.digest;
      return apply(world, promotion, { kind: 'verified', verdict: verdictOf(world, random, state.plan, base) });
    }
    case 'gating':
      return tryPush(world, promotion);
    case 'pushing': {
      if (random.chance(0.05)) return apply(world, promotion, { ...EVENTS.failed, mayBePushed: random.chance(0.5) });
      if (target?.version !== state.plan.base.targetVersion) return apply(world, promotion, EVENTS['base-moved']);
      world.counter += 1;
      const version = `${asked.stage}-${world.counter}`;
      world.targets[asked.stage] = { version, digest: state.plan.digest, revision: state.plan.revision };
      return apply(world, promotion, { kind: 'pushed', targetVersion: version as never, atEpochMs: world.now });
    }
    case 'observing': {
      const next = apply(
        world,
        promotion,
        EVENTS[random.pick(['observed-healthy', 'observed-healthy', 'observed-harm', 'observed-nothing'] as const)],
      );
      return landed(world, next);
    }
    case 'undecided':
      return landed(world, apply(world, promotion, EVENTS.accepted));
    case 'rolling-back':
      applyToStage(world, asked.stage, { kind: 'held', reason: 'r', promotion: promotion.id });
      return apply(world, promotion, EVENTS['rolled-back']);
    default:
      return undefined;
  }
}

function landed(world: World, { id, state, request: asked }: Promotion): void {
  if (state.kind !== 'promoted') return;
  const { plan, delivered } = state;
  const { digest, revision, policyVersion } = plan;
  const landing = { digest, revision, policyVersion, promotion: id, ...delivered, atEpochMs: world.now };
  applyToStage(world, asked.stage, { kind: 'landed', landed: landing, purpose: asked.purpose });
}

function planOf(world: World, random: Random, { request: asked }: Promotion): Plan {
  const target = world.targets[asked.stage];
  const emails = Object.values(PEOPLE).flatMap((person) => person.emails);
  const policyVersion = world.policies[asked.stage]?.version as never;
  return {
    revision: asked.revision,
    digest: `digest of ${asked.revision}` as never,
    base: { targetVersion: target?.version as never, digest: target?.digest as never, revision: undefined },
    policyVersion,
    nextPolicyVersion: policyVersion,
    diff: 'diff' as never,
    summary: '',
    blastRadius: '',
    authors: random.chance(0.5)
      ? [{ name: 'W', email: random.chance(0.5) ? random.pick(emails) : random.pick(emails).toUpperCase() }]
      : [{ name: 'W', email: 'nobody@else.example' }],
    touchedPaths: random.chance(0.4) ? ['routes/payments/a.yaml'] : ['routes/search.yaml'],
    findings: [],
  };
}

function verdictOf(world: World, random: Random, plan: Plan, baseDigest: Digest | undefined): VerdictRecord {
  world.counter += 1;
  const verdict = random.pick(['pass', 'pass', 'pass', 'pass', 'fail', 'inconclusive'] as const);
  return {
    id: `v${world.counter}`,
    verdict,
    digest: plan.digest,
    baseDigest,
    atEpochMs: world.now,
    cells: [],
    report: 'r' as never,
  };
}

export class Violation extends Error {}

function tryPush(world: World, promotion: Promotion): void {
  const { state, request: asked } = promotion;
  if (state.kind !== 'gating') return;
  const isTaken = world.promotions.some((other) => other.request.stage === asked.stage && occupiesStage(other.state));
  if (isTaken || !mayPush(judgeGates(factsOf(world, promotion)))) return;
  if (world.targets[asked.stage]?.version !== state.plan.base.targetVersion)
    return void apply(world, promotion, EVENTS['base-moved']);
  const wrong = wrongWithPush(world, promotion);
  if (wrong.length > 0) throw new Violation(`${promotion.id} is pushed ${wrong.join(', ')}`);
  apply(world, promotion, { kind: 'push-intended', onto: state.plan.base.targetVersion, approvedBy: [] });
  world.pushes += 1;
  if (asked.stage === 'canary' && asked.purpose === 'promote' && !promotion.glass) world.approvedPushes += 1;
}

/** Mostly as the pipeline would take it; sometimes as a bug or an older record would have it, past every check but the gates. */
function approve(world: World, random: Random, promotion: Promotion): void {
  const { state } = promotion;
  if (state.kind !== 'gating') return;
  const identity = someIdentity(random);
  const name = identity.replace(/^slack:T01\/U0/, '').toLowerCase();
  const person = personOf(name);
  const policy = factsOf(world, promotion).policy;
  const binding = bindingOf(state.plan, state.verdict);
  const approval: Approval = {
    by: asPerson(identity),
    binding,
    atEpochMs: world.now,
    groups: person.groups,
    emails: person.emails.slice(0, 1),
    comment: '',
  };
  const note = {
    promotion: promotion.id,
    by: identity,
    atEpochMs: world.now,
    digest: state.plan.digest,
    base: `${state.plan.base.digest} ${state.plan.base.targetVersion}`,
    verdict: state.verdict.id,
    policy: state.plan.policyVersion,
  };
  if (random.chance(0.1)) {
    const forged = { ...approval, binding: 'of something else' as Binding };
    world.promotions[world.promotions.indexOf(promotion)] = {
      ...promotion,
      approvals: [...promotion.approvals, forged],
    };
    return;
  }
  if (random.chance(0.7) && mayApprove({ ...person, id: asPerson(identity) }, promotion, policy).kind === 'refused')
    return;
  apply(world, promotion, { kind: 'approved', approval });
  world.notes.push(note);
}

function glass(world: World, random: Random, promotion: Promotion): void {
  const name = random.pick(NAMES);
  const policy = factsOf(world, promotion).policy;
  if (promotion.glass) {
    if (mayConfirm(personOf(name), promotion, policy).kind === 'refused') return;
    return void apply(world, promotion, { kind: 'glass-confirmed', by: asPerson(name) });
  }
  if (mayDo(personOf(name), 'break-glass', policy).kind === 'refused') return;
  // also some that nobody may skip, as a face that forgets to look would pass them on
  const named = [...SKIPPABLE_GATES, 'stop', 'hold', 'verdict'] as readonly SkippableGate[];
  const gates = named.filter(() => random.chance(0.5));
  const confirmByEpochMs = world.now + policy.confirmMs;
  apply(world, promotion, { kind: 'glass-broken', gates, by: asPerson(name), reason: 'r', confirmByEpochMs });
}

function disturbStage(world: World, random: Random): void {
  const stage = random.pick(STAGES);
  const by = asPerson(random.pick(NAMES));
  const kinds = [
    'held',
    'released',
    'released',
    'frozen',
    'unfrozen',
    'unfrozen',
    'drift-found',
    'drift-ended',
  ] as const;
  const kind = random.pick(kinds);
  if (kind === 'held') applyToStage(world, stage, { kind, reason: 'r', promotion: undefined });
  else if (kind === 'drift-found')
    applyToStage(world, stage, {
      kind,
      drift: { kind: 'served', want: undefined, saw: 's', targetVersion: undefined },
    });
  else if (kind === 'drift-ended') applyToStage(world, stage, { kind, how: 'gone', by: undefined });
  else applyToStage(world, stage, { kind, by, reason: 'r' });
}

/** The state's own deadline comes, and its event must be taken: no state without an exit. */
function watchdog(world: World, promotion: Promotion): void {
  const deadline = deadlineOf(promotion, world.policies[promotion.request.stage] as never);
  if (!deadline) return;
  if (isTerminal(promotion.state)) throw new Violation(`${promotion.id} has ended and has a deadline`);
  world.now = Math.max(world.now, deadline.atEpochMs);
  landed(world, apply(world, promotion, { ...EVENTS[deadline.event] }));
}
