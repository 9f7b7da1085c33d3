import type { JsonObject } from '../../render/json.ts';
import { objectAt, objectsAt, textAt } from '../../render/read-json.ts';
import { substituteBindConfig, substituteCluster, substituteListener } from './address-substitution.ts';
import { planListener } from './listener-plan.ts';
import type { Rewriting } from './rewriting.ts';
import type { Substitution } from './substitution.ts';

/** What the cell's own bootstrap says instead, or what reaches out of the cell. */
const NOT_IN_A_CELL: Readonly<Record<string, Substitution['what']>> = {
  admin: 'listener-address',
  node: 'config-source',
  dynamicResources: 'config-source',
  hdsConfig: 'config-source',
  configSources: 'config-source',
  defaultConfigSource: 'config-source',
  xdsDelegateExtension: 'config-source',
  xdsConfigTrackerExtension: 'config-source',
  flagsPath: 'file',
  perfTracingFilePath: 'log-path',
  watchdog: 'timing',
  watchdogs: 'timing',
};

/** The piece of bootstrap that a cell can take, changed in place: addresses, sinks and layers that a cell has of its own go. */
export function substituteBootstrap(
  rewriting: Rewriting,
  bootstrap: JsonObject,
  at: { readonly file: string; readonly line: number; readonly column: number },
): void {
  for (const [field, what] of Object.entries(NOT_IN_A_CELL)) {
    // A health discovery service over anything but gRPC makes Envoy end at its start, and only then: `--mode validate` takes it.
    if (field === 'hdsConfig' && textAt(bootstrap, field, 'apiType') !== 'GRPC') continue;
    rewriting.drop(bootstrap, field, what, { became: "the cell's own, or none" });
  }
  for (const cluster of objectsAt(bootstrap, 'staticResources', 'clusters')) substituteCluster(rewriting, cluster);
  for (const body of objectsAt(bootstrap, 'staticResources', 'listeners')) {
    const name = typeof body.name === 'string' ? body.name : '';
    substituteListener(rewriting, body, planListener({ kind: 'listener', name, body, at }));
  }
  const sinks = objectsAt(bootstrap, 'statsSinks');
  // A sink that goes through a cluster has a stand-in; one with an address of its own would send out of the cell.
  const kept = sinks.filter((sink) => !objectAt(sink, 'typedConfig', 'address'));
  if (kept.length < sinks.length) {
    rewriting.set(bootstrap, 'statsSinks', kept, 'outside-service', {
      became: 'without sinks that send to an address',
    });
  }
  const runtime = objectAt(bootstrap, 'layeredRuntime');
  const layers = objectsAt(runtime, 'layers');
  const staticLayers = layers.filter((layer) => layer.staticLayer || layer.adminLayer);
  if (runtime && staticLayers.length < layers.length) {
    rewriting.set(runtime, 'layers', staticLayers, 'config-source', {
      became: "static layers, and the cell's own RTDS layers",
    });
  }
  const manager = objectAt(bootstrap, 'clusterManager');
  const bind = objectAt(manager, 'upstreamBindConfig');
  if (bind) substituteBindConfig(rewriting, bind);
  if (manager)
    rewriting.drop(manager, 'localClusterName', 'config-source', {
      became: 'none: dynamic clusters cannot be the local one',
    });
}
