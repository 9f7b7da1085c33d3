import type { AccessConfig } from './access-config.ts';

/** Whose a member of a group is: a name of `access.people`, else the identity itself. */
export const ownerOf = (access: AccessConfig, member: string): string =>
  access.people.find(({ name, identities }) => name === member || identities.includes(member))?.name ?? member;
