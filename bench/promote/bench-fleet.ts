import { type ChildProcess, fork } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseLauncher, makeLauncher } from '../../conformance/launcher/choose-launcher.ts';
import type { RunningEnvoy } from '../../conformance/launcher/envoy-launcher.ts';
import { fleetBootstrap } from '../../controlplane/serve/fleet-bootstrap.ts';
import type { EnvoyVersion } from '../../render/ids.ts';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';
import { BENCH_ENVOY } from './bench-mesh.ts';

export type BenchFleetOptions = {
  readonly controlPlanePort: number;
  readonly cluster: string;
  readonly envoys: number;
  readonly clients: number;
  readonly scratchDir: string;
};
/** A stage's fleet: real Envoys, and nodes that only speak xDS. */
export interface BenchFleet extends AsyncDisposable {
  /** When each xDS client sent an ACK last, on this machine's clock. */
  readonly clientAcks: ReadonlyMap<string, number>;
}

const READY_WITHIN_MS = 60_000;

export async function startBenchFleet(options: BenchFleetOptions): Promise<BenchFleet> {
  const { controlPlanePort, cluster, envoys, clients, scratchDir } = options;
  const release = { version: BENCH_ENVOY as EnvoyVersion };
  const signal = new AbortController().signal;
  const cacheDir = cacheDirOf(process.env);
  const { settings } = await chooseLauncher({
    wish: 'process',
    releases: [release],
    cacheDir,
    onProgress() {},
    signal,
  });
  const launcher = makeLauncher(settings);
  const running: RunningEnvoy[] = [];
  const clientAcks = new Map<string, number>();
  let worker: ChildProcess | undefined;
  const end = async (): Promise<void> => {
    worker?.kill('SIGKILL');
    await Promise.all(running.map((envoy) => envoy[Symbol.asyncDispose]()));
  };
  try {
    for (let index = 0; index < envoys; index += 1) {
      const nodeId = `envoy-${index}`;
      const dir = join(scratchDir, nodeId);
      await mkdir(dir, { recursive: true });
      const controlPlane = { host: launcher.hostAddress, port: controlPlanePort };
      const bootstrap = JSON.stringify(fleetBootstrap({ nodeId, cluster, controlPlane, adminPort: 0 }));
      const wanted = { release, bootstrap, scratchDir: dir, readyTimeoutMs: READY_WITHIN_MS, awaitReady: false };
      running.push(await launcher.launch(wanted));
    }
    const script = join(import.meta.dirname, 'xds-client-process.ts');
    worker = fork(script, [String(controlPlanePort), String(clients), cluster]);
    worker.on('message', (ack: { readonly id: string; readonly atEpochMs: number }) =>
      clientAcks.set(ack.id, ack.atEpochMs),
    );
  } catch (error) {
    await end();
    throw error;
  }
  return { clientAcks, [Symbol.asyncDispose]: end };
}
