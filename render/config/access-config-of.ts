import type { SourceLocation } from '../source-location.ts';
import { type AccessConfig, type OwnersConfig, ROLE_NAMES, type RoleName, type RolesConfig } from './access-config.ts';
import type { AccessFile, OwnersFile } from './access-schema.ts';

/** The place of what stands at a path of `mesh.yaml`. */
export type PlaceOf = (...path: (string | number)[]) => SourceLocation;

export function accessConfig(file: AccessFile, at: PlaceOf): AccessConfig {
  return {
    people: Object.entries(file.people).map(([name, { slack, unix, emails }]) => ({
      name,
      identities: [...slack.map((id) => `slack:${id}`), ...unix.map((login) => `unix:${login}`)],
      emails: emails.map((email) => email.toLowerCase()),
      at: at('access', 'people', name),
    })),
    groups: Object.entries(file.groups).map(([name, { members, slack_user_group: slackUserGroup }]) => ({
      name,
      members,
      slackUserGroup,
      at: at('access', 'groups', name),
    })),
    roles: rolesOf(file.roles),
    stageRoles: new Map(Object.entries(file.roles.stages ?? {}).map(([stage, roles]) => [stage, rolesOf(roles)])),
  };
}

const rolesOf = (written: { readonly [R in RoleName]?: readonly string[] | undefined }): RolesConfig =>
  Object.fromEntries(
    ROLE_NAMES.flatMap((role) => {
      const groups = written[role];
      return groups === undefined ? [] : [[role, groups]];
    }),
  );

export const ownersConfig = (file: OwnersFile | undefined, at: PlaceOf): readonly OwnersConfig[] =>
  (file ?? []).map(({ paths, group }, index) => ({ paths, group, at: at('owners', index) }));
