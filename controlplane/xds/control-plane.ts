import { setTimeout as sleep } from 'node:timers/promises';
import type { Metadata } from '@grpc/grpc-js';
import type { ConversationEntry } from '../conversation.ts';
import type { ConnectionLimits } from '../grpc/connection-care.ts';
import { type GrpcService, methodsOf } from '../grpc/grpc-js-service.ts';
import { type CallHandler, startGrpcServer } from '../grpc/grpc-server.ts';
import type { PeerIdentity } from '../grpc/peer-identity.ts';
import type { TlsMaterial } from '../grpc/tls-files.ts';
import type { ServedSnapshot } from '../served-snapshot.ts';
import type { ClientState } from './client-state.ts';
import type { XdsNode } from './discovery-messages.ts';
import { DISCOVERY_METHODS } from './discovery-services.ts';
import { type StreamPorts, serveDiscovery } from './discovery-stream.ts';
import { NameSets } from './name-set.ts';
import { NodeGroup } from './node-group.ts';
import type { Applied } from './node-progress.ts';
import type { NodeReading, NodeState } from './node-state.ts';

export type { Applied, Nack } from './node-progress.ts';
export type { NodeReading, NodeState } from './node-state.ts';

export type ControlPlaneOptions = ConnectionLimits & {
  /** The address to listen on, such as `127.0.0.1`. */
  readonly host: string;
  /** 0: the OS gives one. */
  readonly port: number;
  /** The request metadata that names a stream's group. Without it, or without such metadata, the node's id does. */
  readonly groupMetadata?: string;
  /**
   * How long replaced listeners may go on serving the connections that they have, Envoy's `--drain-time-s`; default 1,000. Clusters
   * that such a listener may still name are removed after it.
   */
  readonly drainMs?: number;
  /** Whether an Envoy counts as done only when that time is over and what goes away has gone. Default true. */
  readonly awaitsDrain?: boolean;
  /** `kept`: the last 20,000 messages of each group; `off`: nothing is kept, as suits a large fleet. Default `kept`. */
  readonly conversation?: 'kept' | 'off';
  readonly onConversation?: (group: string, entry: ConversationEntry) => void;
  /** Something was said to or by a node, or it came or went. */
  readonly onHeard?: (group: string, nodeId: string) => void;
  /** Names that one stream may ask for per type; what asks for more ends with `RESOURCE_EXHAUSTED`. Default 100,000. */
  readonly maxNames?: number;
  /** Says for each stream whether its node is served, and as which group; default: every node, by `groupMetadata`. */
  readonly admit?: (node: XdsNode, metadata: Metadata, peer: PeerIdentity | undefined) => Admission;
  /** Two open streams of one node id are two Envoys. Default false: the newest one counts. */
  readonly sharedIds?: boolean;
  /** What is served on the same port beside xDS. */
  readonly services?: readonly GrpcService[];
  /** What is larger ends its stream with `RESOURCE_EXHAUSTED`. Default 32 MiB: names of many thousand resources make large requests. */
  readonly maxRequestBytes?: number;
  /** Default: not encrypted. */
  readonly tls?: TlsMaterial | undefined;
  /** Why a peer may call nothing here, other services included; default: everybody may. */
  readonly refusePeer?: ((peer: PeerIdentity | undefined) => string | undefined) | undefined;
};

export type Admission =
  | { readonly kind: 'admitted'; readonly group: string }
  /** Ends the stream with `PERMISSION_DENIED` and these words. */
  | { readonly kind: 'refused'; readonly problem: string };

export type { GrpcService } from '../grpc/grpc-js-service.ts';

/** One group of nodes, as whoever serves it holds it. */
export type GroupHandle = {
  setSnapshot(served: ServedSnapshot): void;
  /** What was served before, by whichever control plane, oldest first: nodes may still hold it. */
  remember(earlier: readonly ServedSnapshot[]): void;
  /** Resolves when every connected node ACKed all types of the current snapshot, refused one, or the time is over. */
  awaitApplied(deadlineMs: number): Promise<Applied>;
  conversation(): readonly ConversationEntry[];
  /** Of the connected Envoys of that node id, or of all. */
  readings(nodeId?: string): readonly NodeReading[];
  /** The Envoys that are connected, and how each stands with every resource; looked at one by one, so that a large fleet takes no long turn. */
  clients(): Iterable<ClientState>;
  /** Drops what is kept for the return of a node that went away. */
  forget(name: string): void;
  /** Forgets the group. Streams of it that are still open get nothing new. */
  close(): void;
};

export interface ControlPlane extends AsyncDisposable {
  readonly port: number;
  /** For connections from now on; those that are open stay as they are. */
  renewTls(material: TlsMaterial): void;
  /** See `GrpcServer.drain`. */
  drain(graceMs: number): number;
  openGroup(group: string): GroupHandle;
  /** Serves `served` to the group from now on; a group that nobody opened is opened. */
  setSnapshot(group: string, served: ServedSnapshot): void;
  nodes(): readonly NodeState[];
  /** As `GroupHandle.awaitApplied`, for one node and one digest: `silent` when the node is not there or is served another one. */
  awaitApplied(nodeId: string, digest: string, deadlineMs: number): Promise<Applied>;
  /** Of all groups that are open, oldest first. */
  conversation(): readonly ConversationEntry[];
}

const MAX_REQUEST_BYTES = 32 * 1024 * 1024;
const MAX_NAMES = 100_000;
/** How often to look whether a node has connected. */
const LOOK_EVERY_MS = 20;

/**
 * A discovery server: state of the world and delta, aggregated and a stream per type, all on one port. Resolves once it listens; rejects with the operating system's error.
 * Disposing ends it and every open stream at once.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { groupMetadata, drainMs = 1_000, onConversation, onHeard = () => undefined } = options;
  const nameSets = new NameSets(options.maxNames ?? MAX_NAMES);
  const startedAt = performance.now();
  const groups = new Map<string, NodeGroup>();
  const groupNamed = (name: string): NodeGroup => {
    const known = groups.get(name);
    if (known) return known;
    const group = new NodeGroup(name, {
      nowMs: () => performance.now() - startedAt,
      drainMs,
      awaitsDrain: options.awaitsDrain ?? true,
      sharedIds: options.sharedIds ?? false,
      nameSets,
      keepsConversation: options.conversation !== 'off',
      onConversation: onConversation && ((entry) => onConversation(name, entry)),
      onHeard: (nodeId) => onHeard(name, nodeId),
    });
    groups.set(name, group);
    return group;
  };
  const byMetadata = (node: XdsNode, metadata: Metadata): Admission => {
    const named = groupMetadata === undefined ? undefined : metadata.get(groupMetadata)[0];
    return { kind: 'admitted', group: named === undefined ? node.id : named.toString() };
  };
  const { admit = byMetadata } = options;

  const maxRequestBytes = options.maxRequestBytes ?? MAX_REQUEST_BYTES;
  const ports: StreamPorts = {
    maxRequestBytes,
    admit: (node, metadata, peer) => {
      const admission = admit(node, metadata, peer);
      return admission.kind === 'refused' ? admission : { kind: 'group', group: groupNamed(admission.group) };
    },
  };
  const methods = new Map<string, CallHandler>(
    DISCOVERY_METHODS.map((method) => [method.path, (call) => serveDiscovery(call, method, ports)]),
  );
  for (const service of options.services ?? [])
    for (const [path, handler] of methodsOf(service, maxRequestBytes)) methods.set(path, handler);
  const server = await startGrpcServer({ ...options, methods });

  return {
    port: server.port,
    renewTls: (material) => server.renewTls(material),
    drain: (graceMs) => server.drain(graceMs),
    openGroup(name) {
      const group = groupNamed(name);
      return {
        setSnapshot: (served) => group.setSnapshot(served),
        remember: (earlier) => group.remember(earlier),
        awaitApplied: (deadlineMs) => group.awaitApplied(deadlineMs),
        conversation: () => group.conversation(),
        readings: (nodeId) => group.readings(nodeId),
        clients: () => group.clients(),
        forget: (name) => group.forget(name),
        close: () => void groups.delete(name),
      };
    },
    setSnapshot: (name, served) => groupNamed(name).setSnapshot(served),
    nodes: () => [...groups.values()].flatMap((group) => group.nodes()),
    async awaitApplied(nodeId, digest, deadlineMs) {
      const endsAt = performance.now() + deadlineMs;
      for (;;) {
        const leftMs = endsAt - performance.now();
        const group = [...groups.values()].find((candidate) => candidate.serves(nodeId, digest));
        if (group) {
          const applied = await group.awaitApplied(leftMs, nodeId);
          // Something else may have been served in the meantime: then it is that which was taken.
          if (group.serves(nodeId, digest)) return applied;
        }
        if (leftMs <= 0) return { kind: 'silent', types: [] };
        await sleep(Math.min(leftMs, LOOK_EVERY_MS));
      }
    },
    conversation: () =>
      [...groups.values()].flatMap((group) => group.conversation()).toSorted((a, b) => a.atMs - b.atMs),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
    },
  };
}
