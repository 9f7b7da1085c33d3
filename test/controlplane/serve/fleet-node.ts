import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { envoyBinaries } from '../../../conformance/launcher/envoy-binary.ts';
import { processLauncher } from '../../../conformance/launcher/process-launcher.ts';
import { type FleetBootstrapOptions, fleetBootstrap } from '../../../controlplane/serve/fleet-bootstrap.ts';
import type { EnvoyVersion } from '../../../render/ids.ts';
import { cacheDirOf } from '../../../render/wheels/cache-dir.ts';

const launcher = processLauncher({ binaryOf: envoyBinaries({ cacheDir: cacheDirOf(process.env) }) });

/** A real Envoy of the fleet of `mesh serve` at `port`; its metrics are sent every second, so that tests need not wait. */
export async function fleetNode(
  version: string,
  nodeId: string,
  port: number,
  more: Partial<FleetBootstrapOptions> = {},
) {
  const scratchDir = await mkdtemp(join(tmpdir(), 'fleet-node-'));
  const bootstrap = fleetBootstrap({
    nodeId,
    cluster: 'shop',
    controlPlane: { host: '127.0.0.1', port },
    adminPort: 0,
    statsFlushMs: 1_000,
    ...more,
  });
  const envoy = await launcher.launch({
    release: { version: version as EnvoyVersion },
    bootstrap: JSON.stringify(bootstrap),
    scratchDir,
    readyTimeoutMs: 30_000,
    awaitReady: false,
  });
  const admin = async (path: string): Promise<string> => (await fetch(new URL(path, envoy.adminUrl))).text();
  return {
    envoy,
    admin,
    /** The port that a listener listens on; undefined while there is none of that name. */
    async portOf(name: string): Promise<number | undefined> {
      type Status = { name: string; local_address: { socket_address: { port_value: number } } };
      const { listener_statuses = [] } = JSON.parse(await admin('/listeners?format=json')) as {
        listener_statuses?: Status[];
      };
      return listener_statuses.find((status) => status.name === name)?.local_address.socket_address.port_value;
    },
    async [Symbol.asyncDispose]() {
      await envoy[Symbol.asyncDispose]();
      await rm(scratchDir, { recursive: true, force: true });
    },
  };
}
