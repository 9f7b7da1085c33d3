import { EventEmitter } from 'node:events';
import { Duplex } from 'node:stream';
import * as grpc from '@grpc/grpc-js';
import type { CallHandler } from './grpc-server.ts';
import type { ServerCall } from './server-call.ts';

/** A service in the manner of `@grpc/grpc-js`, as it would be added to a server of that library. */
export type GrpcService = {
  readonly definition: grpc.ServiceDefinition;
  readonly handlers: grpc.UntypedServiceImplementation;
};

type Method = grpc.MethodDefinition<unknown, unknown>;
type Fault = Partial<grpc.StatusObject> & { readonly message?: string };

/** Its methods by path. Calls have what a server of that library gives them: messages, cancellation, metadata, an answer or a stream. */
export const methodsOf = (
  { definition, handlers }: GrpcService,
  maxMessageBytes: number,
): (readonly [string, CallHandler])[] =>
  Object.entries(definition).flatMap(([name, method]) => {
    const handler = handlers[name] ?? handlers[method.originalName ?? ''];
    return handler ? [[method.path, (call: ServerCall) => serve(call, method, handler, maxMessageBytes)] as const] : [];
  });

function serve(call: ServerCall, method: Method, handler: grpc.UntypedHandleCall, maxMessageBytes: number): void {
  const stream = new Duplex({
    objectMode: true,
    autoDestroy: false,
    read: () => call.resume(),
    write: (message: unknown, _encoding, done) => {
      if (call.write(...framed(method.responseSerialize(message)))) done();
      else drained.once('drain', () => done());
    },
    final: (done) => {
      call.end(grpc.status.OK);
      done();
    },
  });
  const drained = new EventEmitter();
  const surface = Object.assign(stream, {
    cancelled: false,
    metadata: call.metadata,
    request: undefined as unknown,
    getPeer: () => 'unknown',
    getPath: () => call.path,
    getHost: () => '',
    getDeadline: () => Number.POSITIVE_INFINITY,
    sendMetadata: () => undefined,
    peerIdentity: call.peer,
  });
  const fail = (fault: Fault): void => {
    call.end(fault.code ?? grpc.status.UNKNOWN, fault.details ?? fault.message ?? 'unknown fault');
  };
  const answer = (fault: Fault | null, value?: unknown): void => {
    if (fault?.code !== undefined || fault?.message !== undefined) fail(fault);
    else {
      if (value !== undefined && value !== null) call.write(...framed(method.responseSerialize(value)));
      call.end(grpc.status.OK);
    }
  };
  const start = (): void => {
    if (method.responseStream) (handler as (call: unknown) => void)(surface);
    else (handler as (call: unknown, done: typeof answer) => void)(surface, answer);
  };
  stream.on('error', fail);
  if (method.requestStream) start();
  call.listen(maxMessageBytes, {
    onMessage: (bytes) => {
      let message: unknown;
      try {
        message = method.requestDeserialize(bytes);
      } catch (error) {
        return fail({
          code: grpc.status.INTERNAL,
          details: `not a request: ${error instanceof Error ? error.message : error}`,
        });
      }
      // Who reads slowly is sent no more than it can take.
      if (method.requestStream) {
        if (!stream.push(message)) call.pause();
      } else if (surface.request === undefined) {
        surface.request = message;
        start();
      }
      return undefined;
    },
    onHalfClose: () => {
      stream.push(null);
      if (!method.requestStream && surface.request === undefined)
        fail({ code: grpc.status.INTERNAL, details: 'a request without a message' });
    },
    onDrain: () => void drained.emit('drain'),
    onClosed: () => {
      if (call.isAnswered) return;
      surface.cancelled = true;
      stream.emit('cancelled', 'cancelled');
      stream.push(null);
    },
  });
}

const NOTHING = Buffer.alloc(0);

function framed(message: Buffer): [Buffer, Buffer] {
  const frame = Buffer.allocUnsafe(5 + message.length);
  frame.writeUInt8(0, 0);
  frame.writeUInt32BE(message.length, 1);
  message.copy(frame, 5);
  return [frame, NOTHING];
}
