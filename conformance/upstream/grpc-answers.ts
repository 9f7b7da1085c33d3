import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Turn } from './active-behaviour.ts';
import { UnchangingProcessor } from './external-processor.ts';
import { GrpcFrameReader, grpcFrame } from './grpc-frames.ts';
import { afterDelay } from './request-body.ts';
import type { StandInState } from './stand-in-state.ts';

/** `grpc.health.v1.HealthCheckResponse` with `status` SERVING and NOT_SERVING. */
const SERVING = grpcFrame(Buffer.of(0x08, 1));
const NOT_SERVING = grpcFrame(Buffer.of(0x08, 2));
/** Of any type: all fields at their defaults. For `envoy.service.auth.v3.Authorization/Check` that reads as OK. */
const EMPTY = grpcFrame(new Uint8Array());
/** `envoy.service.ratelimit.v3.RateLimitResponse` with `overall_code` OK; its default, UNKNOWN, would be refused. */
const WITHIN_LIMIT = grpcFrame(Buffer.of(0x08, 1));

const INVALID_ARGUMENT = 3;

/**
 * Answers a gRPC call, once the client has sent all: an empty message, except where that would be untrue (health) or no answer
 * (rate limits, external processing). Streams that a client never ends, such as access logs, are read and thrown away.
 * `turn` undefined: as a healthy service would.
 */
export function answerGrpc(
  stream: ServerHttp2Stream,
  standIn: StandInState,
  path: string,
  turn: Turn | undefined,
): void {
  const headers: OutgoingHttpHeaders = {
    ':status': 200,
    'content-type': 'application/grpc',
    'x-meshgate-cluster': standIn.clusterHeader,
    'x-meshgate-host': standIn.hostHeader,
    ...turn?.headers,
  };
  const streams = path.endsWith('.ExternalProcessor/Process')
    ? processStream
    : path === '/grpc.health.v1.Health/Watch'
      ? watchHealth
      : undefined;
  if (streams && turn === undefined) {
    streams(stream, standIn, headers);
    return;
  }
  stream.resume();
  stream.once('end', () =>
    afterDelay(stream, turn?.delayMs ?? 0, () => {
      if (stream.destroyed || stream.closed) return;
      if (turn?.reset === 'before-headers') return stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      if (turn && (turn.grpcStatus !== 0 || turn.status !== 200)) return refuse(stream, headers, turn);
      const message = messageFor(standIn, path);
      if (turn?.reset === 'mid-body') {
        stream.respond(headers);
        stream.write(message.subarray(0, message.length >> 1), () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
        return;
      }
      respondWithStatus(stream, headers, 0);
      stream.end(message);
    }),
  );
}

function messageFor(standIn: StandInState, path: string): Buffer {
  if (path === '/grpc.health.v1.Health/Check') return healthMessage(standIn);
  return path.endsWith('.RateLimitService/ShouldRateLimit') ? WITHIN_LIMIT : EMPTY;
}

const healthMessage = ({ health }: StandInState): Buffer => (health === 'serving' ? SERVING : NOT_SERVING);

/** "Trailers-Only": one header block that says it all. */
function refuse(stream: ServerHttp2Stream, headers: OutgoingHttpHeaders, turn: Turn): void {
  const message = turn.failing ? 'told to fail' : 'told to answer so';
  stream.respond(
    { ...headers, ':status': turn.status, 'grpc-status': turn.grpcStatus, 'grpc-message': message },
    { endStream: true },
  );
}

function respondWithStatus(stream: ServerHttp2Stream, headers: OutgoingHttpHeaders, grpcStatus: number): void {
  stream.respond(headers, { waitForTrailers: true });
  stream.once('wantTrailers', () => sendStatus(stream, grpcStatus));
}

/** Between the last bytes and the trailers the client may have reset the stream. */
function sendStatus(stream: ServerHttp2Stream, grpcStatus: number): void {
  if (!stream.destroyed && !stream.closed) stream.sendTrailers({ 'grpc-status': String(grpcStatus) });
}

function watchHealth(stream: ServerHttp2Stream, standIn: StandInState, headers: OutgoingHttpHeaders): void {
  const tell = () => stream.write(healthMessage(standIn));
  stream.resume();
  stream.respond(headers, { waitForTrailers: true });
  stream.once('wantTrailers', () => sendStatus(stream, 0));
  tell();
  standIn.watchers.add(tell);
  stream.once('close', () => standIn.watchers.delete(tell));
}

function processStream(stream: ServerHttp2Stream, _standIn: StandInState, headers: OutgoingHttpHeaders): void {
  const frames = new GrpcFrameReader();
  const processor = new UnchangingProcessor();
  let status = 0;
  stream.respond(headers, { waitForTrailers: true });
  stream.once('wantTrailers', () => sendStatus(stream, status));
  stream.on('data', (chunk: Buffer) => {
    if (status !== 0) return;
    try {
      for (const request of frames.push(chunk)) {
        const answer = processor.answer(request);
        if (answer) stream.write(grpcFrame(answer));
      }
    } catch {
      status = INVALID_ARGUMENT;
      stream.end();
    }
  });
  stream.once('end', () => stream.end());
}
