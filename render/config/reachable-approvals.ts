import type { Finding } from '../finding.ts';
import { type AccessConfig, EVERYBODY } from './access-config.ts';
import type { PlaceOf } from './access-config-of.ts';
import type { MeshConfig } from './mesh-config.ts';
import { ownerOf } from './owner-of.ts';
import { rolesOfStage } from './role-defaults.ts';

/** Approvals that can never be given: too few people, or as many as are needed only when nobody of them asks. */
export function approvalFindings(mesh: MeshConfig, at: PlaceOf): Finding[] {
  return mesh.stages.flatMap(({ name, gates }, index) => {
    if (!gates.approvals) return [];
    const { count, group } = gates.approvals;
    const finding = (saw: string, want: string): Finding[] => [
      { rule: 'approvals-unreachable', severity: 'error', at: at('stages', index, 'gates', 'approvals'), saw, want },
    ];
    if (!mesh.access) {
      // `unknown-group` says it for every other group
      return group === EVERYBODY
        ? finding(
            'approvals in a mesh without access',
            'access.people and access.groups: an approval counts only of a person who is known',
          )
        : [];
    }
    const roles = rolesOfStage(mesh, name);
    const approvers = membersOf(mesh.access, group);
    const allowed = roles.approve.map((each) => membersOf(mesh.access as AccessConfig, each));
    // Whoever may come from a Slack user group is not known here, nor is a group that another rule tells of.
    if (approvers === undefined || approvers.length === 0 || allowed.includes(undefined)) return [];
    const access = mesh.access;
    const able = approvers.filter(
      (person) => hasKnownEmails(access, person) && allowed.some((people) => people?.includes(person)),
    );
    const people = able.length === 1 ? '1 person' : `${able.length} people`;
    if (able.length < count)
      return finding(`${count} approvals of ${group}, of whom ${people} can approve`, CAN_APPROVE);
    const requesters = roles.request.map((each) => membersOf(mesh.access as AccessConfig, each));
    const alwaysOneOfThem =
      !gates.auto && requesters.length > 0 && requesters.every((all) => all?.every((one) => able.includes(one)));
    return alwaysOneOfThem && able.length - 1 < count
      ? finding(
          `${count} approvals of ${group}, of whom ${people} can approve, one of whom must be the one who asks`,
          'more people in the group, fewer approvals, or somebody else who may ask: nobody approves their own request',
        )
      : [];
  });
}
const CAN_APPROVE =
  'as many people or more, who have the role `approve` and an e-mail address or a Slack account (so that it is known what they wrote)';

/** The people who may be known by name to be in a group and able to approve; undefined where a Slack user group adds others. */
function membersOf(access: AccessConfig, name: string): readonly string[] | undefined {
  const groups = access.groups.filter((group) => name === EVERYBODY || group.name === name);
  if (groups.some(({ slackUserGroup }) => slackUserGroup !== undefined)) return undefined;
  const listed = groups.flatMap(({ members }) => members).map((member) => ownerOf(access, member));
  const everybody = name === EVERYBODY ? access.people.map((person) => person.name) : [];
  return [...new Set([...listed, ...everybody])];
}

/** Nobody approves of whom it is not known under which addresses they write: those are given here, or come from Slack. */
function hasKnownEmails(access: AccessConfig, person: string): boolean {
  const known = access.people.find(({ name }) => name === person);
  return known === undefined
    ? person.startsWith('slack:')
    : known.emails.length > 0 || known.identities.some((identity) => identity.startsWith('slack:'));
}
