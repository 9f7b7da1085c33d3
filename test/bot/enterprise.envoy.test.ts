import { afterAll, beforeAll, expect, test } from 'vitest';
import { readBody } from '../../bot/inbox/read-body.ts';
import { actionId } from '../../bot/render/buttons.ts';
import { slackClient } from '../../bot/slack/slack-client.ts';
import { slackPeople } from '../../bot/slack/slack-people.ts';
import { peopleDirectory } from '../../pipeline/access/people-directory.ts';
import { CAST_CHANNELS, CAST_GROUPS, newPerson } from '../slack/cast.ts';
import type { WorkspaceOptions } from '../slack/workspace.ts';
import { WAYS } from './facts.ts';
import { CHANNEL, type Rig, type SharedStore, sharedStore, startRig } from './rig.ts';

let shared: SharedStore;
beforeAll(async () => {
  shared = await sharedStore();
});
afterAll(() => shared[Symbol.asyncDispose]());

// Ids as docs.slack.dev/enterprise has them: `E…` for the organisation, `W…` for people of it.
const ORGANISATION = 'E0MOREAU';
const [ADA, SISTER, OTHER] = ['W0ADA', 'W0SISTER', 'U0OTHER'];
const PEOPLE = [
  newPerson({ id: ADA, name: 'ada', realName: 'Ada', enterpriseId: ORGANISATION }),
  newPerson({ id: SISTER, name: 'sis', realName: 'Sis', enterpriseId: ORGANISATION, teamId: 'T0SISTER' }),
  newPerson({ id: OTHER, name: 'oda', realName: 'Oda', teamId: 'T0OTHER' }),
];
const GRID: WorkspaceOptions = {
  rateSpeed: 0,
  enterpriseId: ORGANISATION,
  people: PEOPLE,
  groups: CAST_GROUPS.map((group) => ({ ...group, members: [ADA] })),
  channels: CAST_CHANNELS.map((channel) => ({ ...channel, members: PEOPLE.map(({ id }) => id) })),
};
const executed = (rig: Rig, count: number) =>
  rig.workspace.eventually(
    `${count} executed`,
    () => (rig.pipeline.executed.length >= count ? rig.pipeline.executed : undefined),
    15_000,
  );

test('in an organisation, one person is one person, by command and by button, in whichever workspace', async () => {
  await using rig = await startRig(GRID, shared);
  const bot = await rig.bot();
  await rig.workspace.eventually('connected', () => bot.connected() || undefined);
  await rig.happen(WAYS.gating);
  await rig.workspace.as(ADA).click(await rig.showing('mesh_approve'), 'mesh_approve');
  await executed(rig, 1);
  await rig.workspace.as(ADA).command('/mesh', 'promote canary', CHANNEL);
  await executed(rig, 2);
  await rig.workspace.as(SISTER).command('/mesh', 'promote canary', CHANNEL);
  const identities = (await executed(rig, 3)).map(({ caller }) => caller.identity);
  expect(identities).toEqual(['slack:E0MOREAU/W0ADA', 'slack:T0MESHGATE/W0ADA', 'slack:T0SISTER/W0SISTER']);
  const client = slackClient(rig.workspace.botToken, { apiUrl: rig.workspace.apiUrl, callMs: 5_000, log: () => {} });
  const directory = peopleDirectory(
    { people: [], groups: [{ name: 'release-managers', members: [], slackUserGroup: 'S0RELEASE' }], hasAccess: true },
    slackPeople(client, { teamId: 'T0MESHGATE', enterpriseId: ORGANISATION }),
  );
  const people = await Promise.all(identities.map((identity) => directory.personOf({ via: 'slack', identity })));
  expect(people.map((person) => person?.id)).toEqual([
    'slack:E0MOREAU/W0ADA',
    'slack:E0MOREAU/W0ADA',
    'slack:E0MOREAU/W0SISTER',
  ]);
  expect(people.map((person) => person?.groups.includes('release-managers'))).toEqual([true, true, false]);
});

test('a command of a workspace in which the bot is not installed is refused with its rule, and not stored', async () => {
  await using rig = await startRig(GRID, shared);
  const bot = await rig.bot();
  await rig.workspace.eventually('connected', () => bot.connected() || undefined);
  // Slack has said by now whose token it is: the root message cannot be posted before.
  await rig.happen(WAYS.gating);
  await rig.root();
  expect(await rig.workspace.as(OTHER).command('/mesh', 'promote canary', CHANNEL)).toMatchObject({
    kind: 'delivered',
    response: { text: expect.stringContaining('(rule other-workspace)') },
  });
  expect(await rig.store.sql('SELECT key FROM meshgate.bot_inbox', [])).toEqual([]);
});

test('a token of a whole organisation is not used: nothing is posted, and the log says what to install instead', async () => {
  await using rig = await startRig({ ...GRID, isEnterpriseInstall: true }, shared);
  const bot = await rig.bot({
    transport: { kind: 'http', signingSecret: rig.workspace.signingSecret, host: '127.0.0.1', port: 0 },
  });
  await rig.logs('this token is of a whole Enterprise organisation');
  expect(bot.connected()).toBe(false);
});

test('a button pressed where there is no workspace is somebody of the organisation, not nobody', () => {
  const pressed = (over: object) =>
    readBody({
      type: 'block_actions',
      user: { id: ADA, name: 'ada' },
      team: null,
      enterprise: { id: ORGANISATION, name: 'Moreau Industries' },
      is_enterprise_install: true,
      actions: [{ action_id: actionId('cancel'), action_ts: '1.2', value: '{}' }],
      ...over,
    });
  expect(pressed({})).toMatchObject({ kind: 'item', item: { from: { team: ORGANISATION, user: ADA } } });
  expect(pressed({ team: { id: 'T0MESHGATE', enterprise_id: ORGANISATION } })).toMatchObject({
    item: { from: { team: 'T0MESHGATE' } },
  });
  expect(pressed({ enterprise: null })).toEqual({ kind: 'ignored' });
});

test('what people type reaches the store without what no PostgreSQL stores', () => {
  const read = readBody({
    command: '/mesh',
    team_id: 'T0MESHGATE',
    user_id: ADA,
    text: 'freeze beta a\0b \ud800 <!channel> `c` 😀',
  });
  expect(read).toMatchObject({
    item: { ask: { kind: 'command', text: 'freeze beta a\ufffdb \ufffd <!channel> `c` 😀' } },
  });
});
