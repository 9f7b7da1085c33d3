import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PINNED_ENVOY_VERSIONS } from '../conformance/launcher/pinned-versions.ts';
import type { SlackPeople } from '../pipeline/access/slack-people.ts';
import { driftFinder } from '../pipeline/drift/find-drift.ts';
import { proveOnEnvoys } from '../pipeline/engine/matrix/prove-on-envoys.ts';
import type { EnginePorts } from '../pipeline/engine/ports.ts';
import { gitSource } from '../pipeline/engine/source/git-source.ts';
import { readRevisions } from '../pipeline/engine/source/read-revisions.ts';
import { observer } from '../pipeline/observe/observe.ts';
import { storeFleetView } from '../pipeline/observe/store-fleet-view.ts';
import type { PipelineStore } from '../pipeline/store/pipeline-store.ts';
import { openTarget } from '../pipeline/targets/open-target.ts';
import { cacheDirOf } from '../render/wheels/cache-dir.ts';
import { checkoutMesh } from './checkout-mesh.ts';
import type { CommandContext } from './command-context.ts';
import { jsonnetOf } from './jsonnet.ts';
import { isLauncherWish, LAUNCHER_WISHES } from './launcher-wishes.ts';
import { targetOptionsOf } from './pipeline-places.ts';
import { configDirOf } from './prepare-request.ts';
import { TOOL_VERSION } from './tool-version.ts';
import { UsageError } from './usage-error.ts';

/** Options of every command that takes part in the pipeline. */
export type PipelineOptions = { readonly config?: string; readonly data?: string; readonly launcher?: string };

/** The engine with what this machine has: the repository of `--config`, targets, Envoys, and the machine's clock. */
export async function enginePortsOf(
  options: PipelineOptions,
  context: CommandContext,
  { store, slack }: { readonly store: PipelineStore; readonly slack: SlackPeople | undefined },
): Promise<EnginePorts> {
  const { env, signal } = context;
  const dir = configDirOf(options.config, context);
  const launcher = options.launcher ?? 'auto';
  if (!isLauncherWish(launcher)) throw new UsageError(`--launcher ${launcher}: use ${LAUNCHER_WISHES.join(', ')}`);
  const jsonnet = jsonnetOf(context);
  const defaultEnvoyVersions = PINNED_ENVOY_VERSIONS;
  const source = gitSource({ dir, ...(await protectedBranch(dir, context)) });
  const revisions = readRevisions({ source, defaultEnvoyVersions, jsonnet });
  const fleet = storeFleetView(store, () => Date.now());
  const cacheDir = cacheDirOf(env);
  signal.throwIfAborted();
  return {
    store,
    clock: { nowEpochMs: () => Date.now() },
    source,
    revisions,
    openTarget: async (stage) => {
      if (!stage.target) throw new Error(`stage ${stage.name} has no target in mesh.yaml`);
      return openTarget(stage.target, targetOptionsOf(options.data, context));
    },
    prove: proveOnEnvoys({
      source,
      defaultEnvoyVersions,
      jsonnet,
      launcher,
      cacheDir,
      scripts: { path: env.PATH ?? '', lang: env.LANG ?? 'C.UTF-8' },
      verdictDir: join(cacheDir, 'verdicts'),
      scratchParent: tmpdir(),
      toolVersion: TOOL_VERSION,
      nowIso: () => new Date().toISOString(),
    }),
    observe: observer({ fleet }),
    findDrift: driftFinder(fleet),
    fleet,
    slack,
  };
}

/** `MESHGATE_BRANCH` and `MESHGATE_REMOTE`, else as the `mesh.yaml` of this checkout says. */
async function protectedBranch(
  dir: string,
  context: CommandContext,
): Promise<{ readonly branch: string; readonly remote: string | undefined }> {
  const { MESHGATE_BRANCH, MESHGATE_REMOTE } = context.env;
  if (MESHGATE_BRANCH) return { branch: MESHGATE_BRANCH, remote: MESHGATE_REMOTE || undefined };
  const { config } = await checkoutMesh(dir, context);
  return { branch: config?.branch ?? 'main', remote: MESHGATE_REMOTE || config?.remote };
}
