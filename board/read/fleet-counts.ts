import { fleetTroubles } from '../../pipeline/observe/fleet-troubles.ts';
import type { ControlPlaneState, FleetNode } from '../../pipeline/observe/fleet-view.ts';
import type { StageName } from '../../render/ids.ts';
import type { FleetCounts } from '../api/types/stages.ts';

/** `wanted`: digests that are live in the stage, or on their way. */
export function fleetCounts(
  stage: StageName,
  nodes: readonly FleetNode[],
  controlPlanes: readonly ControlPlaneState[],
  wanted: readonly string[],
): FleetCounts {
  const connected = nodes.filter(({ state }) => state !== 'gone');
  const troubles = fleetTroubles(stage, controlPlanes);
  const inState = (state: FleetNode['state']): number => connected.filter((node) => node.state === state).length;
  return {
    connected: connected.length,
    applied: inState('applied'),
    appliedLive: connected.filter((node) => node.state === 'applied' && wanted.includes(node.servedDigest)).length,
    pending: inState('pending'),
    refused: inState('refused'),
    gone: nodes.length - connected.length,
    controlPlanes: controlPlanes.map(({ id, servedDigest, problem }) => ({
      id,
      ...(servedDigest === undefined ? {} : { servedDigest }),
      ...(problem === undefined ? {} : { problem }),
    })),
    ...(troubles.findings.length > 0 ? { troubles } : {}),
  };
}
