import { describe, expect, test } from 'vitest';
import { mayDo } from '../../../pipeline/access/may-do.ts';
import { PeopleError, peopleDirectory } from '../../../pipeline/access/people-directory.ts';
import type { SlackPeople, SlackUser } from '../../../pipeline/access/slack-people.ts';
import type { Caller } from '../../../pipeline/commands/pipeline.ts';
import { meshOf, POLICY, policyFor } from '../some-promotion.ts';

const user = (id: string, change: Partial<SlackUser> = {}): SlackUser => ({
  canonical: `slack:${id}`,
  aliases: [],
  isDeactivated: false,
  isBot: false,
  isGuest: false,
  isStranger: false,
  email: undefined,
  ...change,
});
/** A workspace of its own: accounts by identity, user groups by id. */
const workspace = (
  users: readonly SlackUser[],
  groups: Readonly<Record<string, readonly string[] | Error>> = { S0MANAGERS: [] },
): SlackPeople => ({
  async userInfo(identity) {
    return users.find(({ canonical, aliases }) => canonical === identity || aliases.includes(identity));
  },
  async membersOf(id) {
    const members = groups[id] ?? new Error('no such group');
    if (members instanceof Error) throw members;
    return members;
  },
});
const slack = (identity: string): Caller => ({ via: 'slack', identity: `slack:${identity}` });
const cli = (login: string): Caller => ({ via: 'cli', identity: `unix:${login}` });
const silent: SlackPeople = {
  userInfo: () => Promise.reject(new Error('503')),
  membersOf: () => Promise.reject(new Error('503')),
};

describe('peopleDirectory', () => {
  test('a login is the person who has it', async () => {
    const directory = peopleDirectory(POLICY, workspace([]));
    expect(await directory.personOf(cli('ada'))).toEqual({
      id: 'ada',
      groups: ['managers', 'everybody'],
      emails: ['ada@shop.example'],
      unknownGroups: [],
    });
    expect(await directory.personOf(cli('zoe'))).toMatchObject({ id: 'unix:zoe', groups: [], emails: [] });
  });

  test('a Slack account is the person who has it, with the address of its profile', async () => {
    const directory = peopleDirectory(POLICY, workspace([user('T01/U0BO', { email: 'Bo@Home.example' })]));
    expect(await directory.personOf(slack('T01/U0BO'))).toMatchObject({
      id: 'bo',
      groups: ['managers', 'everybody'],
      emails: ['bo@shop.example', 'bo@home.example'],
    });
  });

  test('an account that nobody has is its own person', async () => {
    const directory = peopleDirectory(POLICY, workspace([user('T01/U0NN', { email: 'nn@shop.example' })]));
    const person = await directory.personOf(slack('T01/U0NN'));
    expect(person).toMatchObject({ id: 'slack:T01/U0NN', groups: [], emails: ['nn@shop.example'] });
    expect(mayDo(person, 'request', POLICY).kind).toBe('refused');
  });

  test('members of the Slack user group are members', async () => {
    const people = workspace([user('T01/U0NN'), user('T01/U0DAN')], {
      S0MANAGERS: ['slack:T01/U0NN', 'slack:T01/U0DAN'],
    });
    const directory = peopleDirectory(POLICY, people);
    expect((await directory.personOf(slack('T01/U0NN')))?.groups).toEqual(['managers', 'everybody']);
    expect((await directory.personOf(slack('T01/U0DAN')))?.groups).toEqual(['managers', 'payments', 'everybody']);
  });

  test('one person in an Enterprise Grid organisation, whichever workspace they come from', async () => {
    const grid = user('E01/W0ADA', { aliases: ['slack:T01/U0ADA', 'slack:T02/U0ADA'] });
    const directory = peopleDirectory(POLICY, workspace([grid, user('E01/W0NN', { aliases: ['slack:T02/W0NN'] })]));
    for (const identity of ['E01/W0ADA', 'T01/U0ADA', 'T02/U0ADA'])
      expect((await directory.personOf(slack(identity)))?.id).toBe('ada');
    // unlisted: the canonical id, from everywhere
    for (const identity of ['E01/W0NN', 'T02/W0NN'])
      expect((await directory.personOf(slack(identity)))?.id).toBe('slack:E01/W0NN');
  });

  test.each([
    ['a guest', { isGuest: true }],
    ['somebody of another workspace', { isStranger: true }],
    ['a bot', { isBot: true }],
    ['a deactivated account', { isDeactivated: true }],
  ])('%s is nobody, listed or not', async (_what, change) => {
    const directory = peopleDirectory(
      POLICY,
      workspace([user('T01/U0ADA', change)], { S0MANAGERS: ['slack:T01/U0ADA'] }),
    );
    const person = await directory.personOf(slack('T01/U0ADA'));
    expect(person).toBeUndefined();
    expect(mayDo(person, 'approve', POLICY)).toMatchObject({ kind: 'refused', finding: { rule: 'access-stranger' } });
  });

  test.each([
    ['an account that Slack does not know', slack('T01/U0ADA')],
    ['a login that came through Slack', { via: 'slack', identity: 'unix:ada' } as const],
    ['a display name', { via: 'slack', identity: 'ada' } as const],
    ['no name', { via: 'cli', identity: 'unix:' } as const],
    ['a name with more in it', { via: 'cli', identity: 'unix:ada bo' } as const],
  ])('%s is nobody', async (_what, caller) => {
    expect(await peopleDirectory(POLICY, workspace([])).personOf(caller)).toBeUndefined();
  });

  test('when Slack does not say who it is, nobody can tell', async () => {
    await expect(peopleDirectory(POLICY, silent).personOf(slack('T01/U0ADA'))).rejects.toThrow(PeopleError);
    await expect(peopleDirectory(POLICY, undefined).personOf(slack('T01/U0ADA'))).rejects.toThrow(PeopleError);
  });

  test('when Slack does not say who is in a group, those who are listed still are, and others hear why not', async () => {
    const half = workspace([user('T01/U0ADA'), user('T01/U0DAN')], { S0MANAGERS: new Error('429') });
    const directory = peopleDirectory(POLICY, half);
    expect(mayDo(await directory.personOf(slack('T01/U0ADA')), 'break-glass', POLICY).kind).toBe('allowed');
    const dan = await directory.personOf(slack('T01/U0DAN'));
    expect(dan?.unknownGroups).toEqual(['managers']);
    expect(mayDo(dan, 'break-glass', POLICY)).toMatchObject({ kind: 'refused', finding: { rule: 'people-unknown' } });
    // Slack gone does not keep those out who come by another way
    const offline = peopleDirectory(POLICY, silent);
    expect(mayDo(await offline.personOf(cli('ada')), 'break-glass', POLICY).kind).toBe('allowed');
  });
});

describe('a mesh without access', () => {
  const policy = policyFor('envoy: ["1.40.0"]\nstages: [{name: beta}, {name: canary}]\n');
  test('one person alone can do everything that asks for no second one', async () => {
    const me = await peopleDirectory(policy, undefined).personOf(cli('me'));
    for (const role of ['request', 'rollback', 'release', 'freeze', 'break-glass'] as const)
      expect(mayDo(me, role, policy).kind).toBe('allowed');
  });
  test('nobody can through Slack, nor approve', async () => {
    const there = await peopleDirectory(policy, workspace([user('T01/U0NN', { email: 'a@b.example' })])).personOf(
      slack('T01/U0NN'),
    );
    expect(mayDo(there, 'request', policy)).toMatchObject({ kind: 'refused', finding: { rule: 'access-role' } });
    const asks = 'envoy: ["1.40.0"]\nstages: [{name: beta, gates: {approvals: {count: 1, group: everybody}}}]\n';
    expect(() => meshOf(asks)).toThrow(/approvals-unreachable/);
  });
});
