import {
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import { answerGrpc } from './grpc-answers.ts';
import { isGrpcContentType } from './grpc-frames.ts';
import type { ServerContext } from './http1-server.ts';
import { type Asked, hasNoBody, healthAnswer, type PlainAnswer, trafficAnswer } from './plain-answer.ts';
import { afterDelay, readBody } from './request-body.ts';
import type { Recording } from './request-log.ts';
import { REQUEST_ID_HEADER } from './stand-in.ts';
import type { Connection } from './stand-in-state.ts';
import { WebSocketEcho } from './websocket-echo.ts';

const SESSION_OPTIONS = {
  // Envoy resets streams by the thousand when a check makes it time out; that is no attack.
  streamResetBurst: 1_000_000,
  streamResetRate: 1_000_000,
  maxSessionMemory: 64,
  maxHeaderListPairs: 4096,
  maxSendHeaderBlockLength: 1024 * 1024,
  settings: { enableConnectProtocol: true, initialWindowSize: 1024 * 1024, maxHeaderListSize: 1024 * 1024 },
} as const;

/** Speaks HTTP/2 on a socket whose unread bytes were put back; in clear text or inside TLS, with or without ALPN. */
export function serveHttp2(context: ServerContext, socket: Duplex, connection: Connection): void {
  const session = performServerHandshake(socket, SESSION_OPTIONS);
  session.on('error', () => session.destroy());
  session.on('stream', (stream, headers, flags, rawHeaders) =>
    onStream(context, connection, stream, headers, flags, rawHeaders as readonly string[]),
  );
}

function onStream(
  context: ServerContext,
  connection: Connection,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders: readonly string[],
): void {
  stream.on('error', ignore);
  // Node tells of a stream a tick after it came; by then a client that went away may have ended it.
  if (stream.destroyed || stream.closed) return;
  const { standIn } = connection;
  const path = pseudo(headers, ':path');
  const contentType = headers['content-type'];
  const grpc = isGrpcContentType(contentType);
  const byHealthChecker = headers['user-agent']?.startsWith('Envoy/HC') === true;
  if (grpc && byHealthChecker && path === '/grpc.health.v1.Health/Check') {
    standIn.healthChecks++;
    stream.resume();
    answerGrpc(stream, standIn, path, undefined);
    return;
  }
  if (!grpc && standIn.isHealthCheck(path, headers['user-agent'])) {
    standIn.healthChecks++;
    stream.resume();
    send(stream, connection, pseudo(headers, ':method'), healthAnswer(standIn, path));
    return;
  }
  const recording: Recording = {
    host: standIn.key,
    atMs: performance.now(),
    protocol: 'h2',
    tls: connection.tls,
    method: pseudo(headers, ':method'),
    path,
    authority: pseudo(headers, ':authority') || (headers.host ?? ''),
    proxyProtocol: connection.proxyProtocol,
    headers: rawHeaders,
    requestId: headers[REQUEST_ID_HEADER] as string | undefined,
    body: undefined,
    bodyBytes: 0,
  };
  context.log.add(recording);
  const turn = standIn.behaviour?.next();
  if (recording.method === 'CONNECT') {
    tunnel(connection, stream, headers, turn);
    return;
  }
  if (grpc) {
    stream.on('data', (chunk: Buffer) => context.log.addBody(recording, chunk));
    answerGrpc(stream, standIn, path, turn);
    return;
  }
  const asked: Asked = { method: recording.method, path, contentType, requestId: recording.requestId };
  const answer = () =>
    afterDelay(stream, turn?.delayMs ?? 0, () => {
      if (turn?.reset === 'before-headers') stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      else send(stream, connection, asked.method, trafficAnswer(standIn, asked, turn, context.jwks), turn?.reset);
    });
  if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) answer();
  else readBody(stream, recording, context.log, answer);
}

function send(
  stream: ServerHttp2Stream,
  connection: Connection,
  method: string,
  answer: PlainAnswer,
  reset?: 'mid-body' | 'before-headers',
): void {
  if (stream.destroyed || stream.closed) return;
  const bodiless = hasNoBody(answer.status);
  const headers = headersOf(connection, answer.status);
  if (!bodiless) {
    headers['content-type'] = answer.contentType;
    headers['content-length'] = Buffer.byteLength(answer.body);
  }
  if (answer.headers) Object.assign(headers, answer.headers);
  if (bodiless || method === 'HEAD') {
    stream.respond(headers, { endStream: true });
  } else if (reset === 'mid-body') {
    stream.respond(headers);
    stream.write(answer.body.slice(0, answer.body.length >> 1) || ' ', () =>
      stream.close(constants.NGHTTP2_INTERNAL_ERROR),
    );
  } else {
    stream.respond(headers);
    stream.end(answer.body);
  }
}

/** CONNECT, plain or extended (RFC 8441): bytes come back, WebSocket frames as a server's. */
function tunnel(
  connection: Connection,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  turn: ReturnType<NonNullable<Connection['standIn']['behaviour']>['next']> | undefined,
): void {
  afterDelay(stream, turn?.delayMs ?? 0, () => {
    if (stream.destroyed || stream.closed) return;
    if (turn?.reset) return stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    const status = turn?.status ?? 200;
    const answer = { ...headersOf(connection, status), ...turn?.headers };
    if (status >= 300) return stream.respond(answer, { endStream: true });
    stream.respond(answer);
    if (headers[':protocol'] === 'websocket') stream.pipe(new WebSocketEcho()).pipe(stream);
    else stream.pipe(stream);
  });
}

const headersOf = ({ standIn }: Connection, status: number): OutgoingHttpHeaders => ({
  ':status': status,
  'x-meshgate-cluster': standIn.clusterHeader,
  'x-meshgate-host': standIn.hostHeader,
});

const pseudo = (headers: IncomingHttpHeaders, name: string): string => (headers[name] as string | undefined) ?? '';

const ignore = (): void => undefined;
