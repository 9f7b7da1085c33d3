import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvoyLauncher, RunningEnvoy } from '../../conformance/launcher/envoy-launcher.ts';
import { fleetBootstrap } from '../../controlplane/serve/fleet-bootstrap.ts';
import type { EnvoyRelease } from '../../render/config/mesh-config.ts';

export type FleetEnvoy = { readonly nodeId: string; readonly stage: string; readonly envoy: RunningEnvoy };

/** The demo's fleet: real Envoys that take what the control planes of their stages serve. */
export interface DemoFleet extends AsyncDisposable {
  readonly envoys: readonly FleetEnvoy[];
}

const READY_WITHIN_MS = 20_000;

/**
 * Starts one Envoy of each release in each stage. They listen on the same port by SO_REUSEPORT, so that customers meet both versions.
 * Resolves once their admins answer: before the first promotion they have no configuration, and are not ready.
 */
export async function startFleet(
  launcher: EnvoyLauncher,
  stages: readonly { readonly name: string; readonly controlPlanePort: number }[],
  releases: readonly EnvoyRelease[],
  scratchDir: string,
): Promise<DemoFleet> {
  const envoys: FleetEnvoy[] = [];
  const end = async (): Promise<void> => {
    await Promise.all(envoys.map(({ envoy }) => envoy[Symbol.asyncDispose]()));
  };
  try {
    for (const { name, controlPlanePort } of stages) {
      for (const release of releases) {
        const nodeId = `${name}-${release.version}`;
        const dir = join(scratchDir, nodeId);
        await mkdir(dir, { recursive: true });
        const bootstrap = fleetBootstrap({
          nodeId,
          cluster: `demo-${name}`,
          controlPlane: { host: launcher.hostAddress, port: controlPlanePort },
          adminPort: 0,
          statsFlushMs: 1_000,
        });
        const envoy = await launcher.launch({
          release,
          bootstrap: JSON.stringify(bootstrap),
          scratchDir: dir,
          readyTimeoutMs: READY_WITHIN_MS,
          awaitReady: false,
        });
        envoys.push({ nodeId, stage: name, envoy });
      }
    }
  } catch (error) {
    await end();
    throw error;
  }
  return { envoys, [Symbol.asyncDispose]: end };
}
