import type { FleetView as AdminFleet } from '../../controlplane/admin/fleet-view.ts';
import { shortTypeOf } from '../../controlplane/admin/short-type.ts';
import type { FleetNode } from '../../pipeline/observe/fleet-view.ts';
import type { FleetQuery } from '../api/reads.ts';
import { type FleetPayload, type FleetTuple, NODE_STATES, type Refusal, type TypeState } from '../api/types/fleet.ts';
import type { Told } from './control-planes.ts';

export type FleetGiven = {
  /** By stage, in promotion order. */
  readonly stages: readonly { readonly name: string; readonly nodes: readonly FleetNode[] }[];
  /** What admin APIs say of single types. */
  readonly told: Told<AdminFleet>;
};

/** All Envoys that the query asks for, as a payload that shares what they share. */
export function fleetPayload({ stages, told }: FleetGiven, query: FleetQuery): FleetPayload {
  const versions = new Places();
  const digests = new Places();
  const rows: FleetTuple[] = [];
  const refused: Record<number, readonly Refusal[]> = {};
  const types: Record<number, Readonly<Record<string, TypeState>>> = {};
  const typesByNode = typesOfNodes(told.said);
  const wanted = matching(query);
  for (const [stage, { name, nodes }] of stages.entries())
    for (const node of nodes) {
      if (!wanted(name, node)) continue;
      const { nodeId, envoyVersion, state, servedDigest, nacks } = node;
      const index = rows.length;
      rows.push([
        nodeId,
        stage,
        versions.of(envoyVersion),
        NODE_STATES.indexOf(state),
        digests.of(servedDigest),
        node.connectedSinceEpochMs,
        node.stateSinceEpochMs,
        // That of a connected one moves on with each report of its control plane, and says nothing.
        state === 'gone' ? node.seenEpochMs : null,
      ]);
      if (nacks.length > 0) refused[index] = nacks.map(refusalOf);
      const own = typesByNode.get(`${name}\n${nodeId}`);
      if (own && state !== 'gone') types[index] = own;
    }
  return {
    stages: stages.map(({ name }) => name),
    versions: versions.names,
    digests: digests.names,
    rows,
    refused,
    types,
    typesOf: askedTypes(told.said),
    stale: told.stale,
  };
}

/** Names in the order in which they came, each once. */
class Places {
  readonly names: string[] = [];
  readonly #places = new Map<string, number>();
  of(name: string): number {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    this.#places.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}

function matching({ stage, state, version, text }: FleetQuery): (name: string, node: FleetNode) => boolean {
  const part = text?.toLowerCase();
  return (name, node) =>
    (stage === undefined || name === stage) &&
    (state === undefined || node.state === state) &&
    (version === undefined || node.envoyVersion === version) &&
    (part === undefined || node.nodeId.toLowerCase().includes(part));
}

const refusalOf = ({ typeUrl, resourceNames, errorDetail }: FleetNode['nacks'][number]): Refusal => ({
  type: shortTypeOf(typeUrl),
  resources: resourceNames,
  reason: errorDetail,
});

/** Only what is not ACKed: of 10,000 well Envoys nothing is sent. */
function typesOfNodes(fleets: readonly AdminFleet[]): ReadonlyMap<string, Readonly<Record<string, TypeState>>> {
  const found = new Map<string, Readonly<Record<string, TypeState>>>();
  for (const { stage, nodes } of fleets)
    for (const { node, types, connected } of nodes) {
      const other = Object.entries(types).filter(([, { state }]) => state !== 'acked');
      if (!connected || other.length === 0) continue;
      const states = other.map(([type, { state, reason }]): [string, TypeState] => [
        type,
        { state, ...(reason === undefined ? {} : { reason }) },
      ]);
      found.set(`${stage}\n${node}`, Object.fromEntries(states));
    }
  return found;
}

function askedTypes(fleets: readonly AdminFleet[]): FleetPayload['typesOf'] {
  const found = new Map<string, Set<string>>();
  for (const { stage, nodes } of fleets) {
    const types = found.get(stage) ?? new Set();
    for (const node of nodes) for (const type of Object.keys(node.types)) types.add(type);
    found.set(stage, types);
  }
  return Object.fromEntries([...found].map(([stage, types]) => [stage, [...types]]));
}
