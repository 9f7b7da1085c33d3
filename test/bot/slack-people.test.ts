import { afterAll, beforeAll, expect, test } from 'vitest';
import { redact } from '../../bot/log.ts';
import { signatureProblem } from '../../bot/receive/verify-signature.ts';
import { slackClient } from '../../bot/slack/slack-client.ts';
import { slackPeople } from '../../bot/slack/slack-people.ts';
import { peopleDirectory } from '../../pipeline/access/people-directory.ts';
import { signatureOf } from '../slack/delivery/http-mode.ts';
import { startWorkspace, type Workspace } from '../slack/workspace.ts';
import { NOW } from './facts.ts';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await startWorkspace({ rateSpeed: 0 });
});
afterAll(() => workspace.stop());

const people = () =>
  slackPeople(slackClient(workspace.botToken, { apiUrl: workspace.apiUrl, callMs: 2_000, log: () => {} }), {
    teamId: 'T0MESHGATE',
    enterpriseId: undefined,
  });
const directory = () =>
  peopleDirectory(
    { people: [], groups: [{ name: 'release-managers', members: [], slackUserGroup: 'S0RELEASE' }], hasAccess: true },
    people(),
  );
const who = (team: string, user: string) => directory().personOf({ via: 'slack', identity: `slack:${team}/${user}` });

test('a member of the user group is in the group, with their address', async () => {
  expect(await who('T0MESHGATE', 'U0ADA')).toMatchObject({
    id: 'slack:T0MESHGATE/U0ADA',
    groups: ['release-managers', 'everybody'],
    emails: ['ada@example.com'],
  });
  expect(await who('T0MESHGATE', 'U0OMAR')).toMatchObject({ groups: [] });
});

test.each([
  ['a guest', 'T0MESHGATE', 'U0GUEST'],
  ['a guest of one channel', 'T0MESHGATE', 'U0SINGLE'],
  ['a stranger of a shared channel', 'T0ELSEWHERE', 'U0STRANGER'],
  ['a stranger who claims our workspace', 'T0MESHGATE', 'U0STRANGER'],
  ['a member who comes as of another workspace', 'T0ELSEWHERE', 'U0ADA'],
  ['somebody who left', 'T0MESHGATE', 'U0LEFT'],
  ['the bot itself', 'T0MESHGATE', 'U0MESHGATE'],
  ['nobody', 'T0MESHGATE', 'U0NOBODY'],
])('%s is no person of the mesh', async (_, team, user) => {
  expect(await who(team, user)).toBeUndefined();
});

test.each([
  { kind: 'rate-limited', retryAfterSeconds: 1 },
  { kind: 'server-error', status: 503 },
  { kind: 'slack-error', error: 'internal_error' },
  { kind: 'slack-error', error: 'token_revoked' },
  { kind: 'cut' },
] as const)('nobody can tell under $kind: it rejects, and grants nothing', async (fault) => {
  workspace.faults.nextCalls('users.info', 1, fault);
  await expect(who('T0MESHGATE', 'U0ADA')).rejects.toThrow('Slack does not say');
  workspace.faults.nextCalls('usergroups.users.list', 1, fault);
  expect(await who('T0MESHGATE', 'U0ADA')).toMatchObject({ groups: [], unknownGroups: ['release-managers'] });
});

test('a membership is looked up each time', async () => {
  const group = workspace.state.groups.get('S0RELEASE');
  if (!group) throw new Error('no group');
  workspace.state.groups.set('S0RELEASE', { ...group, members: ['U0GRACE'] });
  expect(await who('T0MESHGATE', 'U0ADA')).toMatchObject({ groups: [] });
  workspace.state.groups.set('S0RELEASE', group);
  expect(await who('T0MESHGATE', 'U0ADA')).toMatchObject({ groups: ['release-managers', 'everybody'] });
});

const body = Buffer.from('text=promote canary');
const at = (offsetMs: number): string => String(Math.floor((NOW + offsetMs) / 1000));
const signed = (timestamp: string, secret = 's', bytes = body) => ({
  timestamp,
  signature: signatureOf(secret, timestamp, bytes.toString()),
  body,
});
test.each([
  ['as it should be', signed(at(0)), undefined],
  ['four minutes old', signed(at(-240_000)), undefined],
  ['six minutes old', signed(at(-360_000)), 'the timestamp is more than 5 minutes off'],
  ['from the future', signed(at(360_000)), 'the timestamp is more than 5 minutes off'],
  ['of another secret', signed(at(0), 'x'), 'the signature is not of these bytes'],
  [
    'of other bytes',
    { ...signed(at(0)), body: Buffer.from('text=promote release') },
    'the signature is not of these bytes',
  ],
  ['without a signature', { ...signed(at(0)), signature: undefined }, 'no signature of version v0'],
  ['of another version', { ...signed(at(0)), signature: `v1=${'0'.repeat(64)}` }, 'no signature of version v0'],
  ['cut short', { ...signed(at(0)), signature: signed(at(0)).signature.slice(0, 40) }, 'no signature of version v0'],
  ['without a time', { ...signed(at(0)), timestamp: undefined }, 'no timestamp'],
  ['with words for a time', { ...signed(at(0)), timestamp: 'now' }, 'no timestamp'],
])('a request %s', (_, request, problem) => {
  expect(signatureProblem(request, 's', NOW)).toBe(problem);
});

test('no secret is logged', () => {
  const secrets = [
    'xoxb-1-2-abc',
    'xapp-1-A-b',
    'https://hooks.slack.com/commands/T1/2/abc',
    'wss://wss-primary.slack.com/link/?ticket=abc',
    'Bearer xyz',
  ];
  const line = redact(`failed: ${secrets.join(' and ')}\nnext line`);
  for (const secret of secrets) expect(line).not.toContain(secret);
  expect(line).not.toContain('\n');
});
