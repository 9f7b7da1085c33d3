import { z } from 'zod';
import { EVERYBODY } from './access-config.ts';

const SLACK = /^[TE][A-Z0-9]{2,20}\/[UW][A-Z0-9]{2,20}$/;
const UNIX = /^[a-z_][a-z0-9_.-]{0,31}$/;
const name = (what: string) =>
  z
    .string({ error: `the name of ${what}` })
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
      `the name of ${what}: letters, digits, dot, _ and -, beginning with a letter or digit`,
    );
const list = <T extends z.ZodType>(of: T, want: string) => z.array(of, { error: want });

const person = z.strictObject({
  slack: list(
    z.string({ error: 'TEAM/USER, such as T012AB/U345CD' }).regex(SLACK, 'TEAM/USER, such as T012AB/U345CD'),
    'a list of TEAM/USER',
  )
    .default([])
    .describe('Slack accounts as TEAM/USER; in an Enterprise Grid organisation as ENTERPRISE/USER (E012AB/W345CD).'),
  unix: list(z.string({ error: 'a login' }).regex(UNIX, 'a login of this machine, in lower case'), 'a list of logins')
    .default([])
    .describe('Logins of the machine on which `mesh` is run.'),
  emails: list(z.email({ error: 'an e-mail address' }), 'a list of e-mail addresses')
    .default([])
    .describe('Addresses under which they write commits: nobody approves what they wrote.'),
});

const member = z
  .string({ error: 'a name of access.people, or an identity' })
  .refine(
    (text) =>
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text) ||
      (text.startsWith('slack:') && SLACK.test(text.slice(6))) ||
      (text.startsWith('unix:') && UNIX.test(text.slice(5))),
    'a name of access.people, slack:TEAM/USER, or unix:LOGIN',
  );

const group = z.strictObject({
  members: list(member, 'a list of people')
    .default([])
    .describe('Names of access.people, or identities: slack:TEAM/USER, unix:LOGIN.'),
  slack_user_group: z
    .string({ error: 'the id of a Slack user group, such as S0123ABC' })
    .regex(/^S[A-Z0-9]{2,20}$/, 'the id of a Slack user group, such as S0123ABC')
    .optional()
    .describe('Its members are members too, looked up whenever it matters; who is asked is mentioned by it.'),
});

const groups = list(name('a group'), 'a list of groups').optional();
const roleMembers = {
  request: groups.describe('May ask for promotions, and cancel and retry. Default: everybody.'),
  approve: groups.describe(
    'May approve and reject, beside the group of gates.approvals and those of owners. Default: those; without any, who may request.',
  ),
  rollback: groups.describe('May roll back. Default: who may request or approve.'),
  release: groups.describe('May release a hold. Default: the group of gates.approvals, else who may request.'),
  freeze: groups.describe('May freeze, unfreeze, stop and resume. Default: who may request or approve.'),
  'break-glass': groups.describe(
    'May skip gates with a reason, and confirm it. Default: the group of gates.approvals, else who may request.',
  ),
};
const roles = z.strictObject({
  ...roleMembers,
  stages: z
    .record(z.string(), z.strictObject(roleMembers))
    .optional()
    .describe('What a stage has otherwise, role by role.'),
});

const groupName = name('a group').refine(
  (text) => text !== EVERYBODY,
  `another name: ${EVERYBODY} is always there, and means who is named in access`,
);

export const accessSchema = z
  .strictObject({
    people: z.record(name('a person'), person).default({}).describe('One name for all the identities of a person.'),
    groups: z.record(groupName, group).default({}),
    roles: roles.default({}).describe(`Groups by role. ${EVERYBODY}: who is named in people or is in any group.`),
  })
  .describe('Who may do what in which stage. Without it, every login of this machine may do all but approve.');

const ownedPath = z
  .string({ error: 'a path of the mesh config, such as routes/payments/**' })
  .regex(
    /^(?![/!])(?!.*(?:^|\/)\.\.?(?:\/|$))[^\\]{1,200}$/,
    'a path relative to the mesh config, such as routes/payments/**, without a leading / or !, and without . and ..',
  );
export const ownersSchema = z
  .array(
    z.strictObject({
      paths: z
        .array(ownedPath, { error: 'a list of paths' })
        .min(1, 'at least one path')
        .describe('Globs, relative to the mesh config; * stays within a folder, ** does not.'),
      group: name('a group').describe('Of which one member must approve a change to these paths.'),
    }),
    { error: 'a list of { paths, group }' },
  )
  .describe('Whose approval a change to a path needs, beside those that the stage asks for.');

export type AccessFile = z.output<typeof accessSchema>;
export type OwnersFile = z.output<typeof ownersSchema>;
