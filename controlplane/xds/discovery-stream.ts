import * as grpc from '@grpc/grpc-js';
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

const { INVALID_ARGUMENT, PERMISSION_DENIED, RESOURCE_EXHAUSTED } = grpc.status;

/** Serves one stream until it ends; what is wrong with a request ends it with a status that says so, and touches no other. */
export function serveDiscovery(
  call: grpc.ServerDuplexStream<Buffer, Buffer>,
  { variant, typeUrl: own }: DiscoveryMethod,
  admit: (node: XdsNode, metadata: grpc.Metadata) => Admitted,
): void {
  const decode = variant === 'sotw' ? decodeSotwRequest : decodeDeltaRequest;
  let stream: GroupStream | undefined;
  let nodeId = '';
  let full = false;
  let ended = false;
  const close = (reason?: string): void => {
    stream?.close(reason);
    stream = undefined;
  };
  const end = (code: grpc.status, details: string): void => {
    ended = true;
    close(details);
    call.emit('error', { code, details });
  };
  const open = (raw: Buffer): GroupStream | undefined => {
    const node = nodeIn(raw);
    if (typeof node === 'string') {
      end(INVALID_ARGUMENT, `not a node: ${node}`);
      return undefined;
    }
    nodeId = node.id;
    const admission = admit(node, call.metadata);
    if (admission.kind === 'refused') {
      end(PERMISSION_DENIED, admission.problem);
      return undefined;
    }
    return admission.group.open(node, {
      variant,
      typeUrl: own,
      isFull: () => full,
      send: (frame, nonce) => {
        if (call.cancelled || call.destroyed) return;
        full = !call.write(Buffer.concat([frame.subarray(5), nonceTail(nonce)]));
      },
    });
  };
  const take = (message: SotwRequest | DeltaRequest | Malformed): void => {
    if (message.kind === 'malformed') return end(INVALID_ARGUMENT, `not a request: ${message.problem}`);
    const typeUrl = typeOf(message.typeUrl, own);
    if (typeof typeUrl !== 'string') return end(INVALID_ARGUMENT, typeUrl.problem);
    if (!stream) {
      if (!message.node) return end(INVALID_ARGUMENT, 'the first request of a stream needs a node');
      stream = open(message.node);
    } else if (message.node) {
      const named = nodeIdIn(message.node);
      if (named !== nodeId)
        return end(INVALID_ARGUMENT, `the node of a stream stays the same: it was ${nodeId}, and is ${named}`);
    }
    try {
      stream?.receive(typeUrl === message.typeUrl ? message : { ...message, typeUrl });
    } catch (fault) {
      if (!(fault instanceof TooManyNames)) throw fault;
      end(RESOURCE_EXHAUSTED, fault.message);
    }
  };
  call.on('data', (bytes: Buffer) => {
    if (!ended) take(decode(bytes));
  });
  call.on('drain', () => {
    full = false;
    stream?.caughtUp();
  });
  call.on('end', () => {
    close();
    call.end();
  });
  // A peer that goes away without a word.
  call.on('cancelled', () => close('cancelled'));
  call.on('error', () => undefined);
}

/** A stream of one type need not name it. */
function typeOf(said: string, own: string | undefined): string | { readonly problem: string } {
  if (own !== undefined)
    return said === '' || said === own ? own : { problem: `this stream is of ${own}, and the request of ${said}` };
  if (said === '') return { problem: 'an aggregated stream needs a type_url' };
  return knownType(said) ?? { problem: `${said} is no type of xDS` };
}

function nodeIn(raw: Buffer): XdsNode | string {
  try {
    return decodeNode(raw);
  } catch (fault) {
    return fault instanceof Error ? fault.message : String(fault);
  }
}

function nodeIdIn(raw: Buffer): string | undefined {
  try {
    return decodeNodeId(raw);
  } catch {
    return undefined;
  }
}
