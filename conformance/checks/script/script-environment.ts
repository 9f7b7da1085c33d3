import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, resourcesOf } from '../../../render/snapshot.ts';
import type { RunningCell } from '../../cell/running-cell.ts';
import { cellId } from '../../cell.ts';

/** `MESH_LISTENER_EDGE_HTTP` for the listener `edge-http`. */
const listenerVariable = (name: string): string => `MESH_LISTENER_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;

/** The path of the snapshot as canonical JSON, written once for all scripts of a cell. */
async function writeSnapshot({ snapshot, scratchDir }: RunningCell): Promise<string> {
  const { stage, digest, resources, bootstrap } = snapshot;
  const file = join(scratchDir, `snapshot-${digest.slice(0, 12)}.json`);
  const content = {
    stage,
    digest,
    resources: resources.map(({ kind, name, body }) => ({ kind, name, body })),
    ...(bootstrap ? { bootstrap } : {}),
  };
  await writeFile(file, `${canonicalJson(content)}\n`);
  return file;
}

/** All that a script sees of its surroundings: nothing of the environment that Meshgate itself runs in. */
export async function scriptEnvironment(
  cell: RunningCell,
  scratch: string,
  basis: { readonly path: string; readonly lang: string },
): Promise<Record<string, string>> {
  const listeners = resourcesOf(cell.snapshot, 'listener').flatMap(({ name }) => {
    const address = cell.listenerAddress(name);
    return address ? [[listenerVariable(name), `${address.host}:${address.port}`] as const] : [];
  });
  const caFile = join(scratch, 'ca.pem');
  await writeFile(caFile, cell.pki.caCertificate);
  return {
    PATH: basis.path,
    LANG: basis.lang,
    HOME: scratch,
    TMPDIR: scratch,
    MESH_STAGE: cell.cell.stage.name,
    MESH_ENVOY_VERSION: cell.cell.envoy.version,
    MESH_CELL: cellId(cell.cell),
    MESH_ENVOY_ADMIN: cell.adminUrl.href.replace(/\/$/, ''),
    MESH_DIGEST: cell.snapshot.digest,
    MESH_SNAPSHOT: await writeSnapshot(cell),
    MESH_CA_FILE: caFile,
    ...Object.fromEntries(listeners),
  };
}
