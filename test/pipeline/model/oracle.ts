import type { Promotion } from '../../../pipeline/promotion/promotion.ts';
import type { World } from './world.ts';

/**
 * What must hold when something is pushed, said a second time and in another way than the gates say it: from the world's own notes,
 * with people, mail addresses, groups and the calendar written out by hand.
 */
export const PEOPLE: Readonly<Record<string, { emails: readonly string[]; groups: readonly string[] }>> = {
  ada: { emails: ['ada@shop.example'], groups: ['managers'] },
  bo: { emails: ['bo@shop.example', 'bo@home.example'], groups: ['managers'] },
  cyd: { emails: ['cyd@shop.example'], groups: ['managers', 'payments'] },
  dan: { emails: ['dan@shop.example'], groups: ['payments'] },
  eve: { emails: ['eve@shop.example'], groups: ['managers'] },
};
const nameOf = (id: string): string => id.replace(/^slack:T01\/U0/, '').toLowerCase();

/** One approval as it was given, with what it was given for. */
export type Note = {
  readonly promotion: string;
  readonly by: string;
  readonly atEpochMs: number;
  readonly digest: string;
  readonly base: string;
  readonly verdict: string;
  readonly policy: string;
};

const HOUR = 3_600_000;
/** Friday 15:00 UTC, for 66 hours: from 111 h after Monday's midnight, into the next week's first 9 hours. */
function isWeekend(epochMs: number): boolean {
  const daysSinceMonday = (Math.floor(epochMs / (24 * HOUR)) + 3) % 7; // 1970-01-01 was a Thursday
  const hours = daysSinceMonday * 24 + Math.floor((epochMs % (24 * HOUR)) / HOUR);
  return hours >= 4 * 24 + 15 || hours < 9;
}

/** Everything that is wrong with pushing this now. */
export function wrongWithPush(world: World, promotion: Promotion): string[] {
  const { state, request, glass } = promotion;
  if (state.kind !== 'gating') return [`pushed while ${state.kind}`];
  const { plan, verdict } = state;
  const wrong: string[] = [];
  const need = (holds: boolean, what: string): void => {
    if (!holds) wrong.push(what);
  };
  need(verdict.verdict === 'pass', `a verdict that says ${verdict.verdict}`);
  need(verdict.digest === plan.digest, 'a verdict of other bytes');
  const target = world.targets[request.stage];
  need(target?.version === plan.base.targetVersion, 'onto what it was not planned for');
  if (request.purpose === 'rollback') return wrong;
  need(verdict.baseDigest === target?.digest, 'a verdict from another base');
  const skips = (gate: string): boolean =>
    glass !== undefined &&
    (glass.gates as readonly string[]).includes(gate) &&
    (glass.confirmedBy !== undefined || world.now < glass.confirmByEpochMs);
  const stage = world.stages[request.stage];
  need(!world.line.stopped, 'while everything is stopped');
  need(!stage?.hold, 'while the stage is held');
  const policy = world.policies[request.stage];
  need(plan.policyVersion === policy?.version, 'planned under other gates');
  if (!skips('freeze')) {
    need(!stage?.freeze, 'while the stage is frozen');
    need(request.stage !== 'canary' || !isWeekend(world.now), 'at a weekend');
  }
  const before = { staging: 'beta', canary: 'staging' }[request.stage as string];
  if (before) {
    const { live, hold, drift } = world.stages[before] ?? {};
    if (!skips('order')) need(live?.revision === request.revision, 'out of order');
    const soaked = (live?.atEpochMs ?? 0) + HOUR <= world.now && (world.released[before] ?? 0) + HOUR <= world.now;
    if (!skips('soak')) need(live?.revision === request.revision && soaked && !hold && !drift, 'before it soaked');
    const unsettled = world.promotions.some(
      (other) =>
        other.request.stage === before &&
        ['pushing', 'observing', 'undecided', 'unconfirmed', 'rolling-back'].includes(other.state.kind),
    );
    if (!skips('soak')) need(!unsettled, 'while the stage before was not settled');
  }
  if (request.stage !== 'canary') return wrong;
  const requester = request.by.kind === 'person' ? nameOf(request.by.person) : undefined;
  const writers = plan.authors.map(({ email }) => email.toLowerCase());
  const count = policy?.approvals?.count ?? 0;
  const good = world.notes.filter(
    (note) =>
      note.promotion === promotion.id &&
      note.digest === plan.digest &&
      note.base === `${plan.base.digest} ${plan.base.targetVersion}` &&
      note.verdict === verdict.id &&
      note.policy === policy?.version &&
      note.atEpochMs + 24 * HOUR > world.now &&
      nameOf(note.by) !== requester &&
      !PEOPLE[nameOf(note.by)]?.emails.some((email) => writers.includes(email)),
  );
  const people = (group: string): number =>
    new Set(good.map(({ by }) => nameOf(by)).filter((name) => PEOPLE[name]?.groups.includes(group))).size;
  if (!skips('approvals')) need(people('managers') >= count, `with ${people('managers')} approvals of ${count}`);
  const owned = plan.touchedPaths.some((path) => path.startsWith('routes/payments/'));
  if (!skips('owners')) need(!owned || people('payments') >= 1, 'without its owners');
  return wrong;
}
