import type { EnvoyRelease } from '../../render/config/mesh-config.ts';
import { dockerEngine, ensureImage } from './docker-engine.ts';
import { dockerLauncher } from './docker-launcher.ts';
import { envoyBinaries } from './envoy-binary.ts';
import { type EnvoyLauncher, LauncherError, type LauncherHooks, type LauncherKind } from './envoy-launcher.ts';
import type { LauncherSettings } from './launcher-settings.ts';
import { processLauncher } from './process-launcher.ts';

export type LauncherWish = LauncherKind | 'auto';

type Choice = {
  readonly settings: LauncherSettings;
  /** Which it is, and why: one line. */
  readonly line: string;
};
type Question = {
  readonly wish: LauncherWish;
  /** What is going to be launched: all of it is fetched now, so that what is missing is said once and before anything runs. */
  readonly releases: readonly EnvoyRelease[];
  readonly cacheDir: string;
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
};

/** The launcher that settings stand for. */
export function makeLauncher(settings: LauncherSettings, hooks: LauncherHooks = {}): EnvoyLauncher {
  if (settings.kind === 'docker')
    return dockerLauncher({ hooks, ...(settings.dockerNetwork ? { network: settings.dockerNetwork } : {}) });
  return processLauncher({ binaryOf: envoyBinaries({ cacheDir: settings.cacheDir }), hooks });
}

/**
 * Chooses, and fetches every Envoy that is going to be asked for. `auto` takes Docker when an engine answers and has or gets all
 * images, else processes. Rejects with `LauncherError`, naming what is missing and the ways to get it.
 */
export async function chooseLauncher(question: Question): Promise<Choice> {
  const { wish } = question;
  if (wish === 'process') return withProcesses(question, 'asked for');
  if (wish === 'docker') return withDocker(question, 'asked for');
  try {
    return await withDocker(question, 'an engine answers and has every image');
  } catch (fault) {
    question.signal?.throwIfAborted();
    if (!(fault instanceof LauncherError)) throw fault;
    const why = { NO_DOCKER: 'no Docker engine answers', NO_IMAGE: 'Docker has not every image' } as const;
    const reason = fault.code === 'NO_DOCKER' || fault.code === 'NO_IMAGE' ? why[fault.code] : fault.message;
    return withProcesses(question, reason);
  }
}

async function withDocker({ releases, cacheDir, onProgress, signal }: Question, why: string): Promise<Choice> {
  const engine = await dockerEngine();
  for (const release of releases) {
    signal?.throwIfAborted();
    await ensureImage(engine, release, onProgress);
  }
  return {
    settings: { kind: 'docker', cacheDir, dockerNetwork: engine.network },
    line: `launcher docker (${engine.description}): ${why}`,
  };
}

async function withProcesses({ releases, cacheDir, onProgress, signal }: Question, why: string): Promise<Choice> {
  const binaryOf = envoyBinaries({ cacheDir, ...(onProgress ? { onProgress } : {}) });
  const results = await Promise.allSettled(releases.map(({ version }) => binaryOf(version, signal)));
  signal?.throwIfAborted();
  const faults = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  if (faults.length > 0) throw allOf(faults);
  return { settings: { kind: 'process', cacheDir }, line: `launcher process: ${why}` };
}

/** One error that says all of it; the first one's code. */
function allOf(faults: readonly unknown[]): unknown {
  const [first] = faults;
  if (faults.length < 2 || !(first instanceof LauncherError)) return first;
  const messages = new Set(faults.map((fault) => (fault instanceof Error ? fault.message : String(fault))));
  return new LauncherError(first.code, [...messages].join('\n'), { cause: first });
}
