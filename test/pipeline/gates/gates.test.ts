import { describe, expect, test } from 'vitest';
import type { GateName } from '../../../pipeline/gates/gate.ts';
import type { GateFacts } from '../../../pipeline/gates/gate-facts.ts';
import { approversOf, judgeGates, mayPush, wordsOf } from '../../../pipeline/gates/gates.ts';
import type { PromotionId } from '../../../pipeline/ids.ts';
import { type Approval, bindingOf } from '../../../pipeline/promotion/approval.ts';
import type { Promotion } from '../../../pipeline/promotion/promotion.ts';
import {
  approvalBy,
  BETA_WITH_2,
  digest,
  factsOf,
  GATING,
  landedWith,
  MESH_TEXT,
  PLAN,
  person,
  planOn,
  policyFor,
  promotionIn,
  T0,
  VERDICT,
  verdictOn,
} from '../some-promotion.ts';

const HOUR = 3_600_000;
const BO_AND_CYD = [approvalBy('bo', ['managers', 'everybody']), approvalBy('cyd', ['managers', 'payments'])];
const withApprovals = (approvals: readonly Approval[], change: Partial<GateFacts> = {}): GateFacts => {
  const facts = factsOf(change);
  return { ...facts, promotion: { ...facts.promotion, approvals } };
};
const says = (facts: GateFacts, gate: GateName): string => {
  const state = judgeGates(facts).find((report) => report.gate === gate)?.state;
  return state ? `${state.kind}: ${wordsOf(state)}` : 'nothing';
};
const until = (facts: GateFacts, gate: GateName): number | undefined => {
  const state = judgeGates(facts).find((report) => report.gate === gate)?.state;
  return state?.kind === 'waiting' ? state.untilEpochMs : undefined;
};
const by = { by: person('ada'), reason: 'smoke', sinceEpochMs: T0 };
const promoted = (change: Partial<Promotion>, over: Partial<GateFacts> = {}): GateFacts =>
  factsOf({ promotion: promotionIn(GATING, { approvals: BO_AND_CYD, ...change }), ...over });

test('two approvals, and everything is open', () => {
  expect(mayPush(judgeGates(factsOf()))).toBe(false);
  expect(mayPush(judgeGates(withApprovals(BO_AND_CYD)))).toBe(true);
  expect(approversOf(withApprovals(BO_AND_CYD))).toEqual(['bo', 'cyd']);
});

test('a report that is missing is no open gate', () => {
  expect(mayPush(judgeGates(withApprovals(BO_AND_CYD)).slice(1))).toBe(false);
  expect(mayPush([])).toBe(false);
});

describe('approvals', () => {
  const tampered = { ...PLAN, base: { ...PLAN.base, digest: digest(9) } };
  test.each<[string, readonly Approval[], Partial<GateFacts>]>([
    ['one of two', BO_AND_CYD.slice(0, 1), {}],
    ['the same person twice', [BO_AND_CYD[0], approvalBy('slack:T01/U0BO', ['managers'])] as Approval[], {}],
    ['for another plan', [approvalBy('bo', ['managers'], { binding: 'x' as never }), BO_AND_CYD[1]] as Approval[], {}],
    ['for another base', BO_AND_CYD, { promotion: promotionIn({ ...GATING, plan: tampered }) }],
    ['for another verdict', BO_AND_CYD, { promotion: promotionIn({ ...GATING, verdict: { ...VERDICT, id: 'v2' } }) }],
    ['at the instant they expire', BO_AND_CYD, { nowEpochMs: T0 + 24 * HOUR }],
    ['of who asked', [approvalBy('dan', ['managers']), BO_AND_CYD[1]] as Approval[], {}],
    [
      'of who asked, by another account',
      [approvalBy('slack:T01/U0DAN', ['managers']), BO_AND_CYD[1]] as Approval[],
      {},
    ],
    [
      'of somebody without addresses',
      [approvalBy('nn', ['managers'], { emails: [] }), BO_AND_CYD[1]] as Approval[],
      {},
    ],
    ['of another group', [approvalBy('eli', ['payments']), BO_AND_CYD[1]] as Approval[], {}],
    ['under other gates', BO_AND_CYD, { policy: policyFor(MESH_TEXT.replace('soak: 1h', 'soak: 30m')) }],
  ])('%s: not enough', (_what, approvals, change) => {
    const facts = withApprovals(approvals, change);
    expect(says(facts, 'approvals')).toMatch(/^waiting: [12] of 2 approvals of managers are missing/);
    expect(mayPush(judgeGates(facts))).toBe(false);
  });

  test.each([
    ['by an address', 'CYD@shop.example', {}],
    ['by an address of the time', 'cyd@home.example', { emails: ['cyd@home.example'] }],
    // The approval knew only Slack's address; the mesh config knows the one that the commit has.
    ['by an address of the person', 'cyd@shop.example', { emails: ['cyd@slack.example'] }],
  ])('of an author, %s: not counted', (_what, email, change) => {
    const plan = planOn({ authors: [{ name: 'C', email }] });
    const approvals = ['bo', 'cyd'].map((name) =>
      approvalBy(name, ['managers'], { ...(name === 'cyd' ? change : {}), binding: bindingFor(plan) }),
    );
    const facts = withApprovals(approvals, { promotion: promotionIn({ ...GATING, plan }) });
    expect(says(facts, 'approvals')).toBe('waiting: 1 of 2 approvals of managers are missing; bo approved');
  });

  test('says when the first of them lapses, and who is asked', () => {
    const facts = withApprovals([approvalBy('bo', ['managers'], { atEpochMs: T0 - HOUR })]);
    expect(until(facts, 'approvals')).toBe(T0 + 23 * HOUR);
    expect(judgeGates(facts).find(({ gate }) => gate === 'approvals')?.state).toMatchObject({
      owners: { groups: ['managers'], people: [] },
    });
  });
});
const bindingFor = (plan: typeof PLAN) => bindingOf(plan, verdictOn(plan));

describe('owners', () => {
  const plan = planOn({ touchedPaths: ['routes/payments/v1.yaml', 'routes/payments/.hidden/x.yaml'] });
  const owned = (names: readonly [string, readonly string[]][]): GateFacts => {
    const approvals = names.map(([name, groups]) => approvalBy(name, groups, { binding: bindingFor(plan) }));
    return factsOf({ promotion: promotionIn({ ...GATING, plan }, { approvals, request: ASKED_BY_FAY }) });
  };
  const ASKED_BY_FAY = {
    ...promotionIn(GATING).request,
    by: { kind: 'person', person: person('fay'), via: 'cli' },
  } as const;

  test('of a path that is touched must approve', () => {
    const facts = owned([
      ['ada', ['managers']],
      ['bo', ['managers']],
    ]);
    expect(says(facts, 'owners')).toBe(
      'waiting: an approval of each is missing: payments own routes/payments/v1.yaml, routes/payments/.hidden/x.yaml',
    );
    expect(mayPush(judgeGates(facts))).toBe(false);
  });
  test('one person serves both gates when they are in both groups', () => {
    const facts = owned([
      ['bo', ['managers']],
      ['cyd', ['managers', 'payments']],
    ]);
    expect(mayPush(judgeGates(facts))).toBe(true);
  });
  test('their approval alone is none of the stage’s', () => {
    expect(says(owned([['dan', ['payments']]]), 'owners')).toMatch(/^open/);
    expect(says(owned([['dan', ['payments']]]), 'approvals')).toMatch(/^waiting: 2 of 2/);
  });
});

describe('order and soak', () => {
  const previous = (change: Readonly<Record<string, unknown>>) =>
    promoted({}, { previous: { ...BETA_WITH_2, ...change } as never });

  test('waits until it is live in the stage before', () => {
    const facts = previous({ live: landedWith(1, T0 - 9e7), past: [] });
    expect(says(facts, 'order')).toMatch(/^waiting: beta has 1{12}; 2{12} must be live there first/);
    expect(says(facts, 'soak')).toMatch(/^waiting/);
  });
  test('closes when the stage before has moved on', () => {
    const facts = previous({ live: landedWith(3, T0), past: [landedWith(2, T0 - 9e7)] });
    expect(says(facts, 'order')).toMatch(/^closed: beta has 3{12}, after 2{12}/);
  });
  test('nothing live there at all', () => {
    expect(says(previous({ live: undefined, past: [] }), 'order')).toMatch(/^waiting: nothing is live in beta/);
    expect(says(promoted({}, { previous: undefined }), 'order')).toMatch(/^waiting/);
  });
  test('soaks to the millisecond', () => {
    const facts = promoted({}, { nowEpochMs: T0 - 1 });
    expect([says(facts, 'soak'), until(facts, 'soak')]).toEqual(['waiting: it soaks in beta', T0]);
    expect(says(promoted({}, { nowEpochMs: T0 }), 'soak')).toBe('open: open');
  });
  test('nothing soaks while something else is in that stage and not settled', () => {
    const facts = promoted({}, { unsettledBefore: 'beta-7' as PromotionId });
    expect(says(facts, 'soak')).toBe('waiting: beta is at beta-7, which is not settled: why beta-7');
    expect(says(facts, 'order')).toMatch(/^open/);
    expect(until(facts, 'soak')).toBeUndefined();
  });
  test('a hold, drift, and the end of either begin it anew', () => {
    expect(says(previous({ hold: { reason: 'x', sinceEpochMs: 0, promotion: undefined } }), 'soak')).toMatch(/is held/);
    expect(says(previous({ drift: { kind: 'applied' } }), 'soak')).toMatch(/does not run what was promoted/);
    const facts = previous({ disturbedEpochMs: T0 - HOUR / 2 });
    expect(until(facts, 'soak')).toBe(T0 + HOUR / 2);
  });
});

describe('stop, hold and freeze', () => {
  const line = { stopped: by, version: 1 };
  const hold = { reason: 'rolled back', sinceEpochMs: T0, promotion: undefined };
  const stage = factsOf().stage;
  test.each<[GateName, Partial<GateFacts>, RegExp]>([
    ['stop', { line }, /^waiting: ada stopped all stages: smoke$/],
    ['hold', { stage: { ...stage, hold } }, /^waiting: canary is held: rolled back$/],
    ['freeze', { stage: { ...stage, freeze: by } }, /^waiting: ada froze canary: smoke$/],
    // Friday 15:00Z for 66 h
    ['freeze', { nowEpochMs: Date.parse('2026-11-20T15:00:00Z') }, /^waiting: canary is frozen: weekend$/],
  ])('%s holds it up', (gate, change, words) => {
    const facts = promoted({}, change);
    expect(says(facts, gate)).toMatch(words);
    expect(mayPush(judgeGates(facts))).toBe(false);
  });
  test('a window says when it closes', () => {
    const facts = promoted({}, { nowEpochMs: Date.parse('2026-11-21T00:00:00Z') });
    expect(until(facts, 'freeze')).toBe(Date.parse('2026-11-23T09:00:00Z'));
  });

  test('none of it, nor order, soak or approvals, holds up a rollback; its proof does', () => {
    const back = { ...promotionIn(GATING).request, purpose: 'rollback' as const };
    const over = { line, stage: { ...stage, hold, freeze: by }, previous: undefined };
    expect(mayPush(judgeGates(promoted({ request: back, approvals: [] }, over)))).toBe(true);
    for (const verdict of ['fail', 'inconclusive'] as const) {
      const state = { ...GATING, verdict: verdictOn(PLAN, { verdict }) };
      expect(mayPush(judgeGates(factsOf({ ...over, promotion: promotionIn(state, { request: back }) })))).toBe(false);
    }
    const elsewhere = { ...GATING, verdict: verdictOn(PLAN, { baseDigest: digest(7) }) };
    expect(mayPush(judgeGates(factsOf({ ...over, promotion: promotionIn(elsewhere, { request: back }) })))).toBe(true);
  });
});

describe('verdict', () => {
  test.each([
    ['fail', verdictOn(PLAN, { verdict: 'fail' }), /^closed: a failure on Envoy 1\.40\.0/],
    ['inconclusive', verdictOn(PLAN, { verdict: 'inconclusive' }), /^waiting: nobody could tell/],
    ['of other bytes', verdictOn(PLAN, { digest: digest(7) }), /^waiting: the verdict is of something else/],
    ['from another base', verdictOn(PLAN, { baseDigest: digest(7) }), /^waiting: the verdict is of something else/],
  ])('%s: not pushed', (_what, verdict, words) => {
    const facts = factsOf({ promotion: promotionIn({ ...GATING, verdict }) });
    expect(says(facts, 'verdict')).toMatch(words);
  });
  test('before there is one', () => {
    expect(says(factsOf({ promotion: promotionIn({ kind: 'planning', sinceEpochMs: T0 }) }), 'verdict')).toMatch(
      /planned/,
    );
    const verifying = promotionIn({ kind: 'verifying', plan: PLAN, sinceEpochMs: T0 });
    expect(mayPush(judgeGates(factsOf({ promotion: verifying })))).toBe(false);
  });
});

describe('broken glass', () => {
  const glass = {
    gates: ['order', 'soak', 'freeze', 'approvals', 'owners'] as const,
    by: person('bo'),
    reason: 'outage',
    confirmByEpochMs: T0 + HOUR,
    confirmedBy: undefined,
  };
  const shut = { previous: undefined, stage: { ...factsOf().stage, freeze: by } };
  test('skips what it names, and shows what it would have said', () => {
    const facts = promoted({ glass, approvals: [] }, shut);
    expect(mayPush(judgeGates(facts))).toBe(true);
    expect(says(facts, 'freeze')).toBe('skipped: skipped by bo: ada froze canary: smoke');
  });
  test('not what it does not name', () => {
    expect(mayPush(judgeGates(promoted({ glass: { ...glass, gates: ['order', 'soak'] }, approvals: [] }, shut)))).toBe(
      false,
    );
  });
  test('not once its time is over without a second person', () => {
    const late = { ...shut, nowEpochMs: T0 + HOUR };
    expect(mayPush(judgeGates(promoted({ glass, approvals: [] }, late)))).toBe(false);
    const confirmed = { ...glass, confirmedBy: person('cyd') };
    expect(mayPush(judgeGates(promoted({ glass: confirmed, approvals: [] }, late)))).toBe(true);
  });
  test.each<[GateName, Partial<GateFacts>]>([
    ['stop', { line: { stopped: by, version: 1 } }],
    ['hold', { stage: { ...factsOf().stage, hold: { reason: 'x', sinceEpochMs: 0, promotion: undefined } } }],
    ['verdict', { promotion: promotionIn({ ...GATING, verdict: verdictOn(PLAN, { verdict: 'fail' }) }) }],
  ])('never %s, even if it is named', (gate, change) => {
    const named = { ...glass, gates: [...glass.gates, gate] as never };
    const facts = factsOf(change);
    const reports = judgeGates({ ...facts, promotion: { ...facts.promotion, glass: named } });
    expect(mayPush(reports)).toBe(false);
    expect(reports.find((report) => report.gate === gate)?.state.kind).not.toBe('skipped');
  });
});

test('the first stage has no order and no soak', () => {
  const policy = policyFor(MESH_TEXT, 'beta' as never);
  const facts = factsOf({ policy, previous: undefined });
  expect([says(facts, 'order'), says(facts, 'soak'), says(facts, 'approvals')]).toEqual([
    'open: the first stage',
    'open: open',
    'open: none asked for',
  ]);
});
