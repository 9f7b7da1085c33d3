import { type AccessConfig, EVERYBODY, type RoleName } from './access-config.ts';
import type { MeshConfig } from './mesh-config.ts';

/** Groups whose members may ask for promotions into the stage. */
export const requestGroups = (access: AccessConfig | undefined, stage: string): readonly string[] =>
  written(access, stage, 'request') ?? [EVERYBODY];

const written = (access: AccessConfig | undefined, stage: string, role: RoleName): readonly string[] | undefined =>
  access?.stageRoles.get(stage)?.[role] ?? access?.roles[role];

/**
 * Who has which role in a stage: what `access.roles.stages` says, else `access.roles`, else the default. By default everybody may
 * ask and take part; what undoes a protection (release, break-glass) belongs to those who would have approved.
 */
export function rolesOfStage(mesh: MeshConfig, stageName: string): { readonly [R in RoleName]: readonly string[] } {
  const approvers = mesh.stages.find(({ name }) => name === stageName)?.gates.approvals?.group;
  const says = (role: RoleName): readonly string[] | undefined => written(mesh.access, stageName, role);
  const request = requestGroups(mesh.access, stageName);
  // Whose approval a gate waits for may always give it.
  const asked = [...(approvers === undefined ? [] : [approvers]), ...mesh.owners.map(({ group }) => group)];
  const named = [...new Set([...(says('approve') ?? []), ...asked])];
  const approve = named.length > 0 ? named : request;
  const either = [...new Set([...request, ...approve])];
  const trusted = approvers === undefined ? request : [approvers];
  return {
    request,
    approve,
    rollback: says('rollback') ?? either,
    release: says('release') ?? trusted,
    freeze: says('freeze') ?? either,
    'break-glass': says('break-glass') ?? trusted,
  };
}
