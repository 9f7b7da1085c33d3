import type { ReportedNode } from '../fleet/fleet-report.ts';
import type { StageServer } from '../serve/stage-server.ts';
import type { NodeState } from '../xds/control-plane.ts';
import type { ToldTally } from '../xds/tallies.ts';
import { inAddOrder } from '../xds/xds-types.ts';
import { shortTypeOf } from './short-type.ts';

/** How one Envoy stands with one type. */
export type TypeView = {
  /** `unsent`: it asked, and there is nothing for it yet. `sent`: its answer is awaited. */
  readonly state: 'unsent' | 'sent' | 'acked' | 'nacked';
  /** Of the answer in question. */
  readonly version?: string;
  /** For `nacked`: Envoy's own words. */
  readonly reason?: string;
  /** How long it has been so. */
  readonly forMs: number;
  /** Answers that it took and refused, over all of its streams to this control plane. */
  readonly acks: number;
  readonly nacks: number;
};

/** One Envoy of the fleet. */
export type FleetNode = {
  /** The node's id; `edge-1 (2)` for the second Envoy that bears one id. */
  readonly node: string;
  readonly cluster: string;
  /** Empty: it does not say. */
  readonly envoyVersion: string;
  readonly connected: boolean;
  /** `unserved`: nothing is served to it yet. Else as in the fleet's report. */
  readonly state: ReportedNode['state'] | 'unserved';
  readonly servedDigest?: string;
  readonly connectedSinceEpochMs?: number;
  readonly stateSinceEpochMs?: number;
  /** By the short name of the type (`CDS`), or its URL where it has none; empty while it is away. */
  readonly types: Readonly<Record<string, TypeView>>;
  /** What its streams are on: from where, and since how long; empty while it is away. */
  readonly connections: readonly { readonly address: string; readonly forMs: number }[];
  readonly nacks: readonly { readonly type: string; readonly resources: readonly string[]; readonly reason: string }[];
};

export type FleetView = {
  readonly stage: string;
  /** The control plane that says so: each has its own nodes. */
  readonly controlPlane: string;
  readonly servedDigest: string | undefined;
  readonly problem: string | undefined;
  readonly stateSinceEpochMs: number;
  /** It lets nobody in any more. */
  readonly isDraining: boolean;
  /** By name. */
  readonly nodes: readonly FleetNode[];
};

export function fleetView(server: StageServer): FleetView {
  const { servedDigest, problem, nodes: reported, stateSinceEpochMs, isDraining } = server.state();
  const told = new Map(reported.map((one) => [one.nodeId, one]));
  const nodes = server.nodeStates().map((state) => nodeView(state, told.get(state.name)));
  return {
    stage: server.stage,
    controlPlane: server.id,
    servedDigest,
    problem,
    stateSinceEpochMs,
    isDraining,
    nodes: nodes.toSorted((a, b) => (a.node < b.node ? -1 : a.node > b.node ? 1 : 0)),
  };
}

function nodeView(of: NodeState, told: ReportedNode | undefined): FleetNode {
  const { name, node, connected, types, tallies, connections } = of;
  return {
    node: name,
    cluster: node.cluster,
    envoyVersion: node.version,
    connected,
    // What is told of it may lag behind by a turn.
    state: connected || !told ? (told && told.state !== 'gone' ? told.state : 'unserved') : 'gone',
    ...(told
      ? {
          servedDigest: told.servedDigest,
          connectedSinceEpochMs: told.connectedSinceEpochMs,
          stateSinceEpochMs: told.stateSinceEpochMs,
        }
      : {}),
    types: Object.fromEntries(
      inAddOrder(types.keys()).map((url) => [shortTypeOf(url), typeView(types.get(url), tallies.get(url))]),
    ),
    connections: connections.map(({ address, openedAtMs }) => ({ address, forMs: performance.now() - openedAtMs })),
    nacks: (connected ? (told?.nacks ?? []) : []).map(({ typeUrl, resourceNames, errorDetail }) => ({
      type: shortTypeOf(typeUrl),
      resources: resourceNames,
      reason: errorDetail,
    })),
  };
}

type AckState = NodeState['types'] extends ReadonlyMap<string, infer State> ? State : never;

function typeView(state: AckState | undefined, tally: ToldTally = { acks: 0, nacks: 0, forMs: 0 }): TypeView {
  switch (state?.kind) {
    case 'pending':
      return { state: 'sent', version: state.version, ...tally };
    case 'acked':
      return { state: 'acked', version: state.version, ...tally };
    case 'nacked':
      return { state: 'nacked', version: state.version, reason: state.reason, ...tally };
    default:
      return { state: 'unsent', ...tally };
  }
}
