import { describe, expect, test } from 'vitest';
import { questionsFor } from '../../bot/live/ask-owners.ts';
import { waitsFor } from '../../bot/live/waits-for.ts';
import type { Policy } from '../../pipeline/access/policy.ts';
import type { Person } from '../../pipeline/commands/pipeline.ts';
import type { PersonId } from '../../pipeline/ids.ts';
import { ROLE_NAMES } from '../../render/config/access-config.ts';
import { GRACE, NOW, promotionAfter, promotionIn, WAYS, waitingForApproval } from './facts.ts';

const policy = {
  people: [],
  roles: Object.fromEntries(ROLE_NAMES.map((role) => [role, ['release-managers']])),
} as unknown as Policy;
const somebody = (id: string, over: Partial<Person> = {}): Person => ({
  id: id as PersonId,
  groups: ['release-managers'],
  emails: [`${id}@example.com`],
  ...over,
});
const OMAR = somebody('omar');

describe('what waits for me', () => {
  test.each([
    ['gating', /approvals of release-managers/],
    ['undecided', /take it, or roll it back/],
    ['errored', /erred during planning/],
    ['unconfirmed', /broke the glass/],
  ] as const)('%s', (kind, words) => {
    const gates = kind === 'gating' ? [waitingForApproval] : [];
    const promotion = promotionIn(kind);
    expect(waitsFor(promotion, OMAR, policy, gates).join('\n')).toMatch(words);
    expect(waitsFor(promotion, somebody('eve', { groups: [] }), policy, gates)).toEqual([]);
  });

  test.each(['queued', 'planning', 'verifying', 'pushing', 'observing', 'rolling-back'] as const)(
    'nothing while it is %s',
    (kind) => expect(waitsFor(promotionIn(kind), OMAR, policy, [])).toEqual([]),
  );

  test('not for whoever asked for it, wrote a part of it, or broke the glass', () => {
    const gating = promotionIn('gating');
    expect(waitsFor(gating, somebody('slack:T0MESHGATE/U0ADA'), policy, [waitingForApproval])).toEqual([]);
    expect(waitsFor(gating, somebody('lin'), policy, [waitingForApproval])).toEqual([]);
    expect(waitsFor(promotionIn('unconfirmed'), somebody(GRACE), policy, [])).toEqual([]);
  });
});

describe('asking the owners of a gate', () => {
  const gating = promotionIn('gating');
  const { sinceEpochMs } = gating.state;
  const until = sinceEpochMs + 3_600_000;
  const keysAt = (now: number, promotion = gating) =>
    questionsFor(promotion, [waitingForApproval], until, now).map(({ key }) => key.replace(/:[^:]*$/, ''));

  test('once at first; a reminder after half of the time; none once it is over', () => {
    const [ask, remind] = ['ask:canary-17:approvals', 'remind:canary-17:approvals'];
    expect(keysAt(NOW)).toEqual([ask]);
    expect(keysAt(sinceEpochMs + 1_800_000 - 1)).toEqual([ask]);
    expect(keysAt(sinceEpochMs + 1_800_000)).toEqual([ask, remind]);
    expect(keysAt(until)).toEqual([ask]);
  });

  test('anew for what was verified anew, as its approvals lapsed; nobody once it is pushed', () => {
    const again = promotionAfter([
      ...WAYS.gating,
      { kind: 'base-moved', saw: 't2' as never },
      ...WAYS.gating
        .slice(1)
        .map((event) =>
          event.kind === 'planned' ? { ...event, plan: { ...event.plan, diff: 'other' as never } } : event,
        ),
    ]);
    const keyOf = (promotion: typeof gating) => questionsFor(promotion, [waitingForApproval], until, NOW)[0]?.key;
    expect(again.state.kind).toBe('gating');
    expect(keyOf(again)).not.toBe(keyOf(gating));
    expect(keysAt(NOW, promotionIn('pushing'))).toEqual([]);
  });
});
