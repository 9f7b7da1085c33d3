import type { SourceLocation } from '../source-location.ts';

/** What somebody may do in a stage. Questions need no role. */
export const ROLE_NAMES = ['request', 'approve', 'rollback', 'release', 'freeze', 'break-glass'] as const;
export type RoleName = (typeof ROLE_NAMES)[number];

/**
 * The group that is always there: who is named in `access.people` or a member of any group; in a mesh without `access:`, every login of
 * the machine that `mesh` runs on.
 */
export const EVERYBODY = 'everybody';

/** A person of `access.people`: one name for all the identities that are theirs. */
export type PersonConfig = {
  readonly name: string;
  /** `slack:T012AB/U345CD`, `unix:ada`. */
  readonly identities: readonly string[];
  /** Lower-case. */
  readonly emails: readonly string[];
  readonly at: SourceLocation;
};

export type GroupConfig = {
  readonly name: string;
  /** Names of `access.people`, or identities of people who have no name there. */
  readonly members: readonly string[];
  /** `S0123ABC`: its members are members too. */
  readonly slackUserGroup: string | undefined;
  readonly at: SourceLocation;
};

/** Groups by role; a role that is left out has its default (see `policyOf`). */
export type RolesConfig = { readonly [R in RoleName]?: readonly string[] };

export type AccessConfig = {
  readonly people: readonly PersonConfig[];
  readonly groups: readonly GroupConfig[];
  readonly roles: RolesConfig;
  /** What a stage has otherwise, role by role. */
  readonly stageRoles: ReadonlyMap<string, RolesConfig>;
};

/** Paths of the mesh config (globs) of which a change needs an approval of the group. */
export type OwnersConfig = { readonly paths: readonly string[]; readonly group: string; readonly at: SourceLocation };
