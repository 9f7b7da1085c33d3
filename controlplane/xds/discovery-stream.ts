import { type Metadata, status } from '@grpc/grpc-js';
import type { PeerIdentity } from '../grpc/peer-identity.ts';
import type { ServerCall } from '../grpc/server-call.ts';
import { decodeNode, decodeNodeId, type XdsNode } from './discovery-messages.ts';
import {
  type DeltaRequest,
  decodeDeltaRequest,
  decodeSotwRequest,
  type Malformed,
  type SotwRequest,
} from './discovery-requests.ts';
import type { DiscoveryMethod } from './discovery-services.ts';
import { TooManyNames } from './name-set.ts';
import type { GroupStream, NodeGroup } from './node-group.ts';
import { nonceTail } from './response-frame.ts';
import { knownType } from './xds-types.ts';

export type Admitted =
  | { readonly kind: 'group'; readonly group: NodeGroup }
  | { readonly kind: 'refused'; readonly problem: string };

export type StreamPorts = {
  readonly maxRequestBytes: number;
  readonly admit: (node: XdsNode, metadata: Metadata, peer: PeerIdentity | undefined) => Admitted;
};

/** Serves one stream until it ends; what is wrong with a request ends it with a status that says so, and touches no other. */
export function serveDiscovery(call: ServerCall, method: DiscoveryMethod, ports: StreamPorts): void {
  const stream = new DiscoveryStream(call, method, ports);
  call.listen(ports.maxRequestBytes, stream);
}

/** Of an Envoy it is some 100 KiB, with all of its extensions. What a node says of itself is kept for as long as it is remembered. */
const MAX_NODE_BYTES = 1024 * 1024;

class DiscoveryStream {
  readonly #call: ServerCall;
  readonly #method: DiscoveryMethod;
  readonly #ports: StreamPorts;
  #stream: GroupStream | undefined;
  #nodeId = '';
  #isFull = false;

  constructor(call: ServerCall, method: DiscoveryMethod, ports: StreamPorts) {
    this.#call = call;
    this.#method = method;
    this.#ports = ports;
  }

  readonly onMessage = (bytes: Buffer): void => {
    const { variant, typeUrl: own } = this.#method;
    const message = variant === 'sotw' ? decodeSotwRequest(bytes) : decodeDeltaRequest(bytes);
    const problem = this.#take(message, own);
    if (problem) this.#end(problem.code, problem.details);
  };

  readonly onHalfClose = (): void => {
    this.#close(undefined);
    this.#call.end(status.OK);
  };

  readonly onDrain = (): void => {
    this.#isFull = false;
    this.#stream?.caughtUp();
  };

  readonly onClosed = (reason: string | undefined): void => this.#close(reason);

  #take(message: SotwRequest | DeltaRequest | Malformed, own: string | undefined): Problem | undefined {
    if (message.kind === 'malformed') return invalid(`not a request: ${message.problem}`);
    const typeUrl = typeOf(message.typeUrl, own);
    if (typeof typeUrl !== 'string') return typeUrl;
    const problem = this.#stream ? this.#differsFromBefore(message.node) : this.#open(message.node);
    if (problem) return problem;
    try {
      this.#stream?.receive(typeUrl, message);
      return undefined;
    } catch (fault) {
      if (!(fault instanceof TooManyNames)) throw fault;
      return tooMuch(fault.message);
    }
  }

  #open(raw: Buffer | undefined): Problem | undefined {
    if (!raw) return invalid('the first request of a stream needs a node');
    if (raw.length > MAX_NODE_BYTES)
      return tooMuch(`a node of ${raw.length} bytes is larger than the ${MAX_NODE_BYTES} that are read`);
    let node: XdsNode;
    try {
      node = decodeNode(raw);
    } catch (fault) {
      return invalid(`not a node: ${fault instanceof Error ? fault.message : String(fault)}`);
    }
    const call = this.#call;
    const admission = this.#ports.admit(node, call.metadata, call.peer);
    if (admission.kind === 'refused') return { code: status.PERMISSION_DENIED, details: admission.problem };
    this.#nodeId = node.id;
    this.#stream = admission.group.open(node, {
      variant: this.#method.variant,
      typeUrl: this.#method.typeUrl,
      connection: call.connection,
      isFull: () => this.#isFull,
      send: (frame, nonce) => {
        this.#isFull = !call.write(frame, nonceTail(nonce));
      },
    });
    return undefined;
  }

  /** Only the first request needs a node; another one may say the same again. */
  #differsFromBefore(raw: Buffer | undefined): Problem | undefined {
    if (!raw) return undefined;
    try {
      const id = decodeNodeId(raw);
      return id === this.#nodeId
        ? undefined
        : invalid(`the node of a stream stays the same: it was "${this.#nodeId}", and is "${id}"`);
    } catch (fault) {
      return invalid(`not a node: ${fault instanceof Error ? fault.message : String(fault)}`);
    }
  }

  #end(code: status, details: string): void {
    this.#close(details);
    this.#call.end(code, details);
  }

  #close(reason: string | undefined): void {
    this.#stream?.close(reason);
    this.#stream = undefined;
  }
}

type Problem = { readonly code: status; readonly details: string };

const tooMuch = (details: string): Problem => ({ code: status.RESOURCE_EXHAUSTED, details });
const invalid = (details: string): Problem => ({ code: status.INVALID_ARGUMENT, details });

/** A stream of one type need not name it. */
function typeOf(said: string, own: string | undefined): string | Problem {
  if (own !== undefined)
    return said === '' || said === own ? own : invalid(`this stream is of ${own}, and the request of ${said}`);
  if (said === '') return invalid('an aggregated stream needs a type_url');
  return knownType(said) ?? invalid(`${said} is no type of xDS`);
}
