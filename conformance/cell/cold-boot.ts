import type { Finding } from '../../render/finding.ts';
import { locationOf } from '../../render/places.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { EnvoyStartError } from '../launcher/envoy-launcher.ts';
import { type BootedEnvoy, type BootOptions, bootEnvoy } from './boot.ts';
import { judgeBoot } from './boot-outcome.ts';
import { placeEnvoyWords } from './envoy-words.ts';

/** An Envoy that booted, or why it did not. `envoy` is there whenever something runs, and is the caller's to dispose. */
export type ColdBoot = { readonly envoy: BootedEnvoy | undefined; readonly findings: readonly Finding[] };

/** Starts an Envoy on a snapshot and judges whether it took it. Rejects with `LauncherError` when the harness is at fault. */
export async function coldBoot(options: BootOptions): Promise<ColdBoot> {
  try {
    const envoy = await bootEnvoy(options);
    try {
      return { envoy, findings: await judgeBoot(envoy, options.snapshot, options.signal) };
    } catch (error) {
      await envoy[Symbol.asyncDispose]();
      throw error;
    }
  } catch (error) {
    if (!(error instanceof EnvoyStartError)) throw error;
    return {
      envoy: undefined,
      findings: [startFinding(error, options.snapshot, (options.release ?? options.cell.envoy).version)],
    };
  }
}

function startFinding(error: EnvoyStartError, snapshot: Snapshot, version: string): Finding {
  const words =
    error.lastLines.filter((line) => /\[(critical|error)\]/.test(line)).join('\n') || error.lastLines.join('\n');
  const place = placeEnvoyWords(words, snapshot.resources);
  return {
    rule: error.code === 'ENVOY_EXITED' ? 'envoy-crashed' : 'not-ready',
    severity: 'error',
    // It ended before its admin was up, so before it took anything over xDS: that leaves the piece of bootstrap.
    at: place?.at ??
      (snapshot.bootstrap && locationOf(snapshot.bootstrap)) ??
      snapshot.resources[0]?.at ?? { file: 'mesh.yaml', line: 1, column: 1 },
    saw: `${error.message}; its last lines:\n${error.lastLines.join('\n')}`,
    want: `a configuration with which Envoy ${version} starts`,
    stage: snapshot.stage,
    envoy: [version],
    ...(place ? { resource: place.resource } : {}),
  };
}
