import { createHash } from 'node:crypto';
import type { MeshConfig } from '../../render/config/mesh-config.ts';
import { ownerOf } from '../../render/config/owner-of.ts';
import { rolesOfStage } from '../../render/config/role-defaults.ts';
import type { StageName } from '../../render/ids.ts';
import type { JsonValue } from '../../render/json.ts';
import { canonicalJson } from '../../render/snapshot.ts';
import type { PersonId, PolicyVersion } from '../ids.ts';
import type { Policy } from './policy.ts';

/**
 * The policy of a stage as a revision of the mesh config has it. Its version is the content hash of all of it but places, so that moving
 * a line changes nothing and anything that could change a decision does. Throws for a stage that the config does not have.
 */
export function policyOf(mesh: MeshConfig, stageName: StageName): Policy {
  const index = mesh.stages.findIndex(({ name }) => name === stageName);
  const stage = mesh.stages[index];
  if (!stage) throw new Error(`no stage ${stageName} in this mesh config`);
  const { access } = mesh;
  const { auto, soakMs, approvals, freeze, expireMs, confirmMs } = stage.gates;
  const content: Omit<Policy, 'version'> = {
    stage: stageName,
    previousStage: mesh.stages[index - 1]?.name,
    branch: mesh.branch,
    remote: mesh.remote,
    auto,
    soakMs,
    approvals,
    freeze,
    expireMs,
    confirmMs,
    hasAccess: access !== undefined,
    roles: rolesOfStage(mesh, stageName),
    groups: (access?.groups ?? []).map(({ name, members, slackUserGroup }) => ({
      name,
      members: members.map((member) => ownerOf(access ?? NOBODY, member) as PersonId),
      slackUserGroup,
    })),
    people: (access?.people ?? []).map(({ name, identities, emails }) => ({
      id: name as PersonId,
      identities,
      emails,
    })),
    owners: mesh.owners,
    observe: stage.observe,
  };
  return { version: versionOf(content), ...content };
}

const NOBODY = { people: [], groups: [], roles: {}, stageRoles: new Map() };

function versionOf(content: Omit<Policy, 'version'>): PolicyVersion {
  const written = JSON.stringify(content, (key, value: unknown) => (key === 'at' ? undefined : value));
  return createHash('sha256')
    .update(canonicalJson(JSON.parse(written) as JsonValue))
    .digest('hex') as PolicyVersion;
}
