import * as grpc from '@grpc/grpc-js';
import type { PeerIdentity } from '../grpc/peer-identity.ts';
import type { ReadingPace } from '../telemetry/reading-pace.ts';
import type { GrpcService } from '../xds/control-plane.ts';
import type { XdsNode } from '../xds/discovery-messages.ts';

export type EvidenceService<Message> = {
  /** `/envoy.service.metrics.v3.MetricsService/StreamMetrics`. */
  readonly path: string;
  /** Throws on bytes that are no such message. */
  readonly decode: (bytes: Buffer) => Message;
  /** Why a node's evidence is not wanted. */
  readonly mismatch: (node: XdsNode, peer: PeerIdentity | undefined) => string | undefined;
  /** What is made of the messages of one stream, from its first on, which names the node. */
  readonly open: (node: XdsNode) => { take(message: Message): void; close(): void };
  readonly nodeOf: (message: Message) => XdsNode | undefined;
  /** Leaves streams waiting that send faster than they can be read. */
  readonly pace: ReadingPace;
  /** A stream ended because its bytes were no such message. */
  readonly onMalformed?: () => void;
};

type Decoded<Message> =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'malformed'; readonly problem: string };

/** A gRPC method to which Envoys stream what they saw, and which answers nothing until they end. */
export function evidenceService<Message>(service: EvidenceService<Message>): GrpcService {
  const { path, mismatch, nodeOf, pace } = service;
  const method = path.slice(path.lastIndexOf('/') + 1);
  const decode = (bytes: Buffer): Decoded<Message> => {
    try {
      return { kind: 'message', message: pace.spend(() => service.decode(bytes)) };
    } catch (error) {
      return { kind: 'malformed', problem: error instanceof Error ? error.message : String(error) };
    }
  };
  const handle = (
    call: grpc.ServerReadableStream<Decoded<Message>, Buffer>,
    answer: (fault: Partial<grpc.StatusObject> | null, bytes?: Buffer) => void,
  ): void => {
    let open: { take(message: Message): void; close(): void } | undefined;
    let ended = false;
    const end = (fault?: Partial<grpc.StatusObject>): void => {
      if (ended) return;
      ended = true;
      open?.close();
      answer(fault ?? null, Buffer.alloc(0));
    };
    call.on('data', (decoded: Decoded<Message>) => {
      if (ended) return;
      if (decoded.kind === 'malformed') {
        service.onMalformed?.();
        return end({ code: grpc.status.INVALID_ARGUMENT, details: `not a message of ${method}: ${decoded.problem}` });
      }
      if (!open) {
        const node = nodeOf(decoded.message);
        if (!node)
          return end({ code: grpc.status.INVALID_ARGUMENT, details: 'the first message of a stream needs a node' });
        const why = mismatch(node, (call as { readonly peerIdentity?: PeerIdentity }).peerIdentity);
        if (why !== undefined) return end({ code: grpc.status.PERMISSION_DENIED, details: why });
        open = service.open(node);
      }
      const reader = open;
      pace.spend(() => reader.take(decoded.message));
      const pauseMs = pace.pauseMs();
      if (pauseMs === 0) return;
      call.pause();
      setTimeout(() => call.resume(), pauseMs).unref();
    });
    call.on('end', () => end());
    call.on('cancelled', () => end());
    call.on('error', () => end());
  };
  const definition: grpc.ServiceDefinition = {
    [method]: {
      path,
      requestStream: true,
      responseStream: false,
      requestSerialize: () => Buffer.alloc(0),
      requestDeserialize: decode,
      responseSerialize: (bytes: Buffer) => bytes,
      responseDeserialize: (bytes: Buffer) => bytes,
    },
  };
  return { definition, handlers: { [method]: handle as grpc.UntypedHandleCall } };
}
