import type { Finding } from '../finding.ts';
import { wantOneOf } from '../nearest-names.ts';
import type { SourceLocation } from '../source-location.ts';
import { type AccessConfig, EVERYBODY, type GroupConfig, ROLE_NAMES } from './access-config.ts';
import type { PlaceOf } from './access-config-of.ts';
import type { MeshConfig } from './mesh-config.ts';
import { ownerOf } from './owner-of.ts';
import { approvalFindings } from './reachable-approvals.ts';
import { requestGroups } from './role-defaults.ts';

/** What is wrong with who may do what, and with gates that could never open. All at once. */
export function accessFindings(mesh: MeshConfig, at: PlaceOf): Finding[] {
  return RULES.flatMap((rule) => rule(mesh, at));
}

const error = (rule: string, at: SourceLocation, saw: string, want: string): Finding => ({
  rule,
  severity: 'error',
  at,
  saw,
  want,
});

type AccessRule = (mesh: MeshConfig, at: PlaceOf) => Finding[];

/** Each use of a group's name, with its place. */
export function groupUses({ access, owners, stages }: MeshConfig, at: PlaceOf) {
  const roleUses = (roles: AccessConfig['roles'], path: readonly string[]) =>
    ROLE_NAMES.flatMap((role) => (roles[role] ?? []).map((group, index) => ({ group, at: at(...path, role, index) })));
  return [
    ...stages.flatMap(({ gates }, index) =>
      gates.approvals ? [{ group: gates.approvals.group, at: at('stages', index, 'gates', 'approvals', 'group') }] : [],
    ),
    ...owners.map(({ group }, index) => ({ group, at: at('owners', index, 'group') })),
    ...(access ? roleUses(access.roles, ['access', 'roles']) : []),
    ...[...(access?.stageRoles ?? [])].flatMap(([stage, roles]) =>
      roleUses(roles, ['access', 'roles', 'stages', stage]),
    ),
  ];
}

const knownGroups: AccessRule = (mesh, at) => {
  const known = [...(mesh.access?.groups ?? []).map(({ name }) => name), EVERYBODY];
  return groupUses(mesh, at)
    .filter(({ group }) => !known.includes(group))
    .map(({ group, at: place }) =>
      error(
        'unknown-group',
        place,
        `the group ${JSON.stringify(group)}`,
        wantOneOf('a group of access.groups', group, known),
      ),
    );
};

const knownStages: AccessRule = ({ access, stages }, at) => {
  const known = stages.map(({ name }) => name as string);
  return [...(access?.stageRoles.keys() ?? [])]
    .filter((stage) => !known.includes(stage))
    .map((stage) =>
      error(
        'roles-of-unknown-stage',
        at('access', 'roles', 'stages', stage),
        `the stage ${JSON.stringify(stage)}`,
        wantOneOf('a stage of mesh.yaml', stage, known),
      ),
    );
};

const knownMembers: AccessRule = ({ access }, at) => {
  const known = (access?.people ?? []).map(({ name }) => name);
  return (access?.groups ?? []).flatMap(({ name, members }) =>
    members.flatMap((member, index) =>
      member.includes(':') || known.includes(member)
        ? []
        : [
            error(
              'unknown-person',
              at('access', 'groups', name, 'members', index),
              `the member ${JSON.stringify(member)}`,
              wantOneOf('a name of access.people, slack:TEAM/USER or unix:LOGIN', member, known),
            ),
          ],
    ),
  );
};

const memberOnce: AccessRule = ({ access }, at) =>
  (access?.groups ?? []).flatMap(({ name, members }) => {
    const people = members.map((member) => (access ? ownerOf(access, member) : member));
    return people.flatMap((person, index) =>
      people.indexOf(person) < index
        ? [
            error(
              'person-listed-twice',
              at('access', 'groups', name, 'members', index),
              `${person} again in ${name}`,
              'each person once, whichever of their identities is listed',
            ),
          ]
        : [],
    );
  });

const identityOnce: AccessRule = ({ access }) => {
  const seen = new Map<string, string>();
  return (access?.people ?? []).flatMap(({ name, identities, emails, at }) =>
    [...identities, ...emails].flatMap((identity) => {
      const first = seen.get(identity);
      seen.set(identity, first ?? name);
      if (first === undefined) return [];
      const saw = first === name ? `${identity} twice of ${name}` : `${identity} of ${name}, as of ${first}`;
      return [error('identity-of-two-people', at, saw, 'each account and e-mail address once, of one person')];
    }),
  );
};

/** A group that must approve and in which nobody is. */
const approversExist: AccessRule = (mesh) => {
  const asked = new Set([
    ...mesh.stages.flatMap(({ gates }) => (gates.approvals ? [gates.approvals.group] : [])),
    ...mesh.owners.map(({ group }) => group),
  ]);
  return (mesh.access?.groups ?? [])
    .filter((group) => asked.has(group.name) && isEmpty(group))
    .map(({ name, at }) =>
      error('empty-group', at, `nobody in ${name}, which must approve`, 'members, or a slack_user_group'),
    );
};
const isEmpty = ({ members, slackUserGroup }: GroupConfig): boolean =>
  members.length === 0 && slackUserGroup === undefined;

const soakHasStageBefore: AccessRule = ({ stages }, at) => {
  const [first] = stages;
  return first && first.gates.soakMs > 0
    ? [
        error(
          'soak-in-first-stage',
          at('stages', 0, 'gates', 'soak'),
          `a soak in ${first.name}, the first stage`,
          'soak in later stages only: it is the time that a revision has been live in the stage before',
        ),
      ]
    : [];
};

/** Where a stage promotes nothing by itself and no person may ask, nothing can ever move. */
const somebodyMayRequest: AccessRule = (mesh) =>
  mesh.stages.flatMap((stage) =>
    stage.gates.auto || requestGroups(mesh.access, stage.name).some((group) => mayHaveMembers(mesh, group))
      ? []
      : [error('nobody-may-request', stage.at, `${stage.name}, for which nobody may ask`, WANT_ROLE)],
  );
const WANT_ROLE = 'access.roles.request with a group in which somebody is, or `auto: true`';

function mayHaveMembers({ access }: MeshConfig, group: string): boolean {
  if (!access) return group === EVERYBODY;
  if (group === EVERYBODY) return access.people.length > 0 || access.groups.some((each) => !isEmpty(each));
  const found = access.groups.find(({ name }) => name === group);
  // an unknown group is told of by its own rule
  return found === undefined || !isEmpty(found);
}

const RULES: readonly AccessRule[] = [
  knownGroups,
  knownStages,
  knownMembers,
  memberOnce,
  identityOnce,
  approversExist,
  soakHasStageBefore,
  somebodyMayRequest,
  approvalFindings,
];
