import { describe, expect, test } from 'vitest';
import { mayApprove, mayConfirm, mayDo } from '../../../pipeline/access/may-do.ts';
import type { Person } from '../../../pipeline/commands/pipeline.ts';
import { GATING, MESH_TEXT, PLAN, POLICY, person, planOn, policyFor, promotionIn, T0 } from '../some-promotion.ts';

const somebody = (id: string, groups: readonly string[], emails = [`${id}@shop.example`]): Person => ({
  id: person(id),
  groups,
  emails,
});

describe('the version of a policy', () => {
  test.each([
    ['the soak', 'soak: 1h', 'soak: 2h'],
    ['the number of approvals', 'count: 2', 'count: 1'],
    ['who is in a group', 'members: [ada, bo, cyd]', 'members: [ada, bo]'],
    ['an address', 'ada@shop.example', 'ada@other.example'],
    ['a role', 'break-glass: [managers]', 'break-glass: [payments]'],
    ['what is owned', 'routes/payments/**', 'routes/**'],
    ['a freeze', 'duration: 66h', 'duration: 65h'],
    ['the stage before', 'name: beta', 'name: alpha'],
    ['how the fleet is watched', '  - name: canary', '  - name: canary\n    observe: { for: 1m }'],
    ['the protected branch', 'envoy: ["1.40.0"]', 'envoy: ["1.40.0"]\nbranch: trunk'],
  ])('changes with %s', (_what, from, to) => {
    expect(MESH_TEXT).toContain(from);
    expect(policyFor(MESH_TEXT.replace(from, to)).version).not.toBe(POLICY.version);
  });
  test('does not with places, comments, or another stage’s gates', () => {
    expect(policyFor(`# hello\n\n${MESH_TEXT}`).version).toBe(POLICY.version);
    expect(policyFor(MESH_TEXT.replace('auto: true', 'auto: false')).version).toBe(POLICY.version);
    expect(POLICY.version).toMatch(/^[0-9a-f]{64}$/);
  });
  test('a stage that is not there', () => {
    expect(() => policyFor(MESH_TEXT, 'nowhere' as never)).toThrow(/no stage nowhere/);
  });
});

test('roles: those of the stage, else those of all, else the defaults', () => {
  expect(POLICY.roles).toEqual({
    request: ['managers', 'payments'],
    approve: ['managers', 'payments'],
    rollback: ['managers', 'payments'],
    release: ['managers'],
    freeze: ['managers', 'payments'],
    'break-glass': ['managers'],
  });
  const own = MESH_TEXT.replace('roles: {', 'roles: { stages: { canary: { request: [managers] } }, ');
  expect(policyFor(own).roles.request).toEqual(['managers']);
  expect(policyFor(own, 'beta' as never).roles.request).toEqual(['managers', 'payments']);
});

test('mayDo: refused with who can', () => {
  expect(mayDo(somebody('dan', ['payments', 'everybody']), 'release', POLICY)).toMatchObject({
    kind: 'refused',
    whoCan: ['managers'],
    finding: { rule: 'access-role', stage: 'canary', want: 'somebody of managers' },
  });
  expect(mayDo(somebody('ada', ['managers']), 'release', POLICY)).toEqual({ kind: 'allowed' });
});

test.each<[string, Person, string | undefined]>([
  ['somebody of the group', somebody('bo', ['managers']), undefined],
  ['of no group', somebody('nn', ['everybody']), 'access-role'],
  ['the one who asked', somebody('dan', ['managers']), 'approve-own-request'],
  ['the one who asked, by another account', somebody('slack:T01/U0DAN', ['managers']), 'approve-own-request'],
  ['who wrote it', somebody('nn', ['managers'], ['EVE@shop.example']), 'approve-own-change'],
  ['nobody knows what they wrote', somebody('nn', ['managers'], []), 'approver-unknown-emails'],
])('mayApprove: %s', (_what, who, rule) => {
  const decision = mayApprove(who, promotionIn(GATING), POLICY);
  expect(decision.kind === 'refused' ? decision.finding.rule : undefined).toBe(rule);
});

test('mayApprove: every author counts, not the first alone', () => {
  const plan = planOn({ authors: [...PLAN.authors, { name: 'B', email: 'bo@shop.example' }] });
  const decision = mayApprove(somebody('bo', ['managers']), promotionIn({ ...GATING, plan }), POLICY);
  expect(decision).toMatchObject({ finding: { rule: 'approve-own-change' } });
});

test('mayConfirm: a second person, by whichever account the first comes', () => {
  const glass = {
    gates: [],
    by: person('slack:T01/U0BO'),
    reason: 'r',
    confirmByEpochMs: T0 + 1,
    confirmedBy: undefined,
  };
  const promotion = promotionIn(GATING, { glass });
  expect(mayConfirm(somebody('bo', ['managers']), promotion, POLICY)).toMatchObject({
    finding: { rule: 'confirm-own-glass' },
  });
  expect(mayConfirm(somebody('cyd', ['managers']), promotion, POLICY).kind).toBe('allowed');
  expect(mayConfirm(somebody('dan', ['payments']), promotion, POLICY).kind).toBe('refused');
});
