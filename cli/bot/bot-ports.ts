import { PINNED_ENVOY_VERSIONS } from '../../conformance/launcher/pinned-versions.ts';
import type { SlackPeople } from '../../pipeline/access/slack-people.ts';
import { driftFinder } from '../../pipeline/drift/find-drift.ts';
import type { EnginePorts } from '../../pipeline/engine/ports.ts';
import { gitSource } from '../../pipeline/engine/source/git-source.ts';
import { readRevisions } from '../../pipeline/engine/source/read-revisions.ts';
import { observer } from '../../pipeline/observe/observe.ts';
import { storeFleetView } from '../../pipeline/observe/store-fleet-view.ts';
import type { PipelineStore } from '../../pipeline/store/pipeline-store.ts';
import { openTarget } from '../../pipeline/targets/open-target.ts';
import type { MeshConfig } from '../../render/config/mesh-config.ts';
import type { BotCommandOptions } from '../commands/bot.ts';
import { jsonnetOf } from '../jsonnet.ts';
import { targetOptionsOf } from '../pipeline-places.ts';
import type { CommandContext } from '../program.ts';

/** What the bot's process needs of the engine: everything but Envoys, as workers prove. */
export function botPorts(
  options: Pick<BotCommandOptions, 'data'>,
  context: CommandContext,
  { mesh, store, slack }: { readonly mesh: MeshConfig; readonly store: PipelineStore; readonly slack: SlackPeople },
): EnginePorts {
  const nowEpochMs = (): number => Date.now();
  const { dir, branch, remote } = mesh;
  const source = gitSource({ dir, branch, remote });
  const fleet = storeFleetView(store, nowEpochMs);
  return {
    store,
    clock: { nowEpochMs },
    source,
    revisions: readRevisions({ source, defaultEnvoyVersions: PINNED_ENVOY_VERSIONS, jsonnet: jsonnetOf(context) }),
    openTarget: async (stage) => {
      if (!stage.target) throw new Error(`stage ${stage.name} has no target in mesh.yaml`);
      return openTarget(stage.target, targetOptionsOf(options.data, context));
    },
    prove: () => Promise.reject(new Error('cells run on workers (mesh worker), not in the bot')),
    observe: observer({ fleet }),
    findDrift: driftFinder(fleet),
    slack,
  };
}
