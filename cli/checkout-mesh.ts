import { PINNED_ENVOY_VERSIONS } from '../conformance/launcher/pinned-versions.ts';
import { gitSource } from '../pipeline/engine/source/git-source.ts';
import { readRevisions } from '../pipeline/engine/source/read-revisions.ts';
import { lastReadable } from '../pipeline/engine/source/readable-mesh.ts';
import type { MeshConfig } from '../render/config/mesh-config.ts';
import type { Finding } from '../render/finding.ts';
import { loadMeshConfig } from '../render/load/load-mesh-config.ts';
import type { CommandContext } from './command-context.ts';
import { jsonnetOf } from './jsonnet.ts';

/**
 * What the `mesh.yaml` of a checkout says of Meshgate itself: the protected branch, the Slack channel. Where it has errors, what the last
 * commit says that has none: errors must neither make another branch the protected one, nor keep a bot from starting.
 */
export async function checkoutMesh(
  dir: string,
  context: CommandContext,
): Promise<{ readonly config: MeshConfig | undefined; readonly findings: readonly Finding[] }> {
  const { signal } = context;
  const defaultEnvoyVersions = PINNED_ENVOY_VERSIONS;
  const { config, findings } = await loadMeshConfig(dir, { defaultEnvoyVersions, signal });
  return { config: config ?? (await committed().catch(() => undefined)), findings };

  async function committed(): Promise<MeshConfig | undefined> {
    const source = gitSource({ dir, branch: 'main', remote: undefined });
    const head = await source.resolve('HEAD', signal);
    const revisions = readRevisions({ source, defaultEnvoyVersions, jsonnet: jsonnetOf(context) });
    return head && (await lastReadable(head, { source, revisions }, signal)).found?.config;
  }
}
