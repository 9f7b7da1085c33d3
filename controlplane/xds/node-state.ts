import type { Connection } from '../grpc/connection.ts';
import type { XdsNode } from './discovery-messages.ts';
import { type Applied, ackStates } from './node-progress.ts';
import type { Peer } from './peers.ts';
import type { AckState } from './subscription.ts';
import { type ToldTally, talliesAt } from './tallies.ts';

export type NodeState = {
  /** The node's id; `edge-1 (2)` for the second of two Envoys that bear one id. */
  readonly name: string;
  readonly node: XdsNode;
  readonly group: string;
  readonly connected: boolean;
  /** By type URL. */
  readonly types: ReadonlyMap<string, AckState>;
  /** By type URL, over all of its streams. */
  readonly tallies: ReadonlyMap<string, ToldTally>;
  /** That its streams are on; several where they are apart. */
  readonly connections: readonly Connection[];
};

/** How far one connected Envoy is with what it is served. */
export type NodeReading = {
  /** The node's id; `edge-1 (2)` for the second of two Envoys that bear one id. */
  readonly name: string;
  readonly node: XdsNode;
  /** Of the snapshot that it is served; undefined while there is none. */
  readonly digest: string | undefined;
  readonly applied: Applied;
};

/** `nowMs` is on the clock of the group. */
export const nodeStateOf = (
  { name, node, session, tallies, channels }: Peer,
  group: string,
  nowMs: number,
): NodeState => ({
  name,
  node,
  group,
  connected: session !== undefined,
  types: session ? ackStates(session) : new Map(),
  tallies: talliesAt(tallies, nowMs),
  connections: [...new Set([...channels].flatMap(({ connection }) => connection ?? []))],
});
