import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Turn } from './active-behaviour.ts';
import { type Asked, hasNoBody, healthAnswer, type PlainAnswer, trafficAnswer } from './plain-answer.ts';
import { afterDelay, readBody } from './request-body.ts';
import type { Recording, RequestLog } from './request-log.ts';
import { REQUEST_ID_HEADER } from './stand-in.ts';
import type { Connection } from './stand-in-state.ts';
import { WebSocketEcho, webSocketAccept } from './websocket-echo.ts';

/** What all servers of a pool share. */
export type ServerContext = {
  readonly log: RequestLog;
  readonly jwks: string;
  /** Throws for a socket that the pool never took in. */
  connectionOf(socket: object): Connection;
  /** Starts over with what comes through a tunnel: anything may be spoken in it. */
  serveTunnel(socket: Duplex, connection: Connection): void;
};

/**
 * An HTTP/1 server that listens nowhere: sockets are handed to it by emitting `connection`. It never closes an idle connection by
 * itself, since Envoy could be sending a request on it at that moment and would count a failure that no config asked for.
 */
export function createHttp1Server(context: ServerContext): Server {
  const server = createServer({
    keepAliveTimeout: 0,
    headersTimeout: 0,
    requestTimeout: 0,
    maxHeaderSize: 1024 * 1024,
    requireHostHeader: false,
    joinDuplicateHeaders: true,
    // `upgrade: h2c` is an offer that may be passed over.
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() !== 'h2c',
  });
  server.maxHeadersCount = 0;
  server.on('request', (request, response) => onRequest(context, request, response));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    onUpgrade(context, request, socket, head),
  );
  server.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    onConnect(context, request, socket, head),
  );
  server.on('clientError', (_error, socket) => socket.destroy());
  return server;
}

type ScannedHeaders = {
  authority: string;
  requestId: string | undefined;
  userAgent: string | undefined;
  contentType: string | undefined;
  hasBody: boolean;
};

/** One pass over the raw headers; the length tells most names apart without comparing. */
function scan(raw: readonly string[]): ScannedHeaders {
  const found: ScannedHeaders = {
    authority: '',
    requestId: undefined,
    userAgent: undefined,
    contentType: undefined,
    hasBody: false,
  };
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    switch (name.length) {
      case 4:
        if (name.toLowerCase() === 'host') found.authority = raw[i + 1] as string;
        break;
      case 10:
        if (name.toLowerCase() === 'user-agent') found.userAgent = raw[i + 1];
        break;
      case 12:
        if (name.toLowerCase() === 'content-type') found.contentType = raw[i + 1];
        break;
      case 14:
        if (name.toLowerCase() === 'content-length' && raw[i + 1] !== '0') found.hasBody = true;
        break;
      case 17:
        if (name.toLowerCase() === 'transfer-encoding') found.hasBody = true;
        break;
      case REQUEST_ID_HEADER.length:
        if (name.toLowerCase() === REQUEST_ID_HEADER) found.requestId = raw[i + 1];
        break;
    }
  }
  return found;
}

function record(
  context: ServerContext,
  connection: Connection,
  request: IncomingMessage,
  scanned: ScannedHeaders,
): Recording {
  const recording: Recording = {
    host: connection.standIn.key,
    atMs: performance.now(),
    protocol: 'http/1.1',
    tls: connection.tls,
    method: request.method ?? '',
    path: request.url ?? '',
    authority: scanned.authority,
    proxyProtocol: connection.proxyProtocol,
    headers: request.rawHeaders,
    requestId: scanned.requestId,
    body: undefined,
    bodyBytes: 0,
  };
  context.log.add(recording);
  return recording;
}

function onRequest(context: ServerContext, request: IncomingMessage, response: ServerResponse): void {
  const connection = context.connectionOf(request.socket);
  const { standIn } = connection;
  const scanned = scan(request.rawHeaders);
  const path = request.url ?? '';
  response.sendDate = false;
  if (standIn.isHealthCheck(path, scanned.userAgent)) {
    standIn.healthChecks++;
    request.resume();
    send(response, connection, healthAnswer(standIn, path));
    return;
  }
  const recording = record(context, connection, request, scanned);
  const answer = () => answerTraffic(context, connection, response, { method: recording.method, path, ...scanned });
  if (scanned.hasBody) readBody(request, recording, context.log, answer);
  else answer();
}

function answerTraffic(context: ServerContext, connection: Connection, response: ServerResponse, asked: Asked): void {
  const turn = connection.standIn.behaviour?.next();
  const answer = trafficAnswer(connection.standIn, asked, turn, context.jwks);
  if (turn === undefined) {
    send(response, connection, answer);
    return;
  }
  afterDelay(response, turn.delayMs, () => {
    if (turn.reset === 'before-headers') response.socket?.destroy();
    else send(response, connection, answer, turn);
  });
}

function headersOf({ standIn }: Connection, answer: PlainAnswer): string[] {
  const headers = ['x-meshgate-cluster', standIn.clusterHeader, 'x-meshgate-host', standIn.hostHeader];
  if (!hasNoBody(answer.status)) {
    headers.push('content-length', String(Buffer.byteLength(answer.body)));
    if (answer.headers?.['content-type'] === undefined) headers.push('content-type', answer.contentType);
  }
  if (answer.headers) for (const [name, value] of Object.entries(answer.headers)) headers.push(name, value);
  return headers;
}

function send(response: ServerResponse, connection: Connection, answer: PlainAnswer, turn?: Turn): void {
  response.writeHead(answer.status, headersOf(connection, answer));
  if (turn?.reset !== 'mid-body') {
    response.end(hasNoBody(answer.status) ? undefined : answer.body);
    return;
  }
  response.write(answer.body.slice(0, answer.body.length >> 1) || ' ', () => response.socket?.destroy());
}

/** A WebSocket gets its frames back, any other upgraded protocol its bytes. */
function onUpgrade(context: ServerContext, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const connection = context.connectionOf(request.socket);
  const scanned = scan(request.rawHeaders);
  record(context, connection, request, scanned);
  socket.on('error', () => socket.destroy());
  const turn = connection.standIn.behaviour?.next();
  afterDelay(socket, turn?.delayMs ?? 0, () => {
    if (turn?.reset) return void socket.destroy();
    if (turn && turn.status !== 200) {
      const answer = trafficAnswer(
        connection.standIn,
        { method: 'GET', path: request.url ?? '', ...scanned },
        turn,
        '',
      );
      return void socket.end(
        `${headText(answer.status, [...headersOf(connection, answer), 'connection', 'close'])}${answer.body}`,
      );
    }
    const { upgrade = '', 'sec-websocket-key': key, 'sec-websocket-protocol': protocols } = request.headers;
    const headers = headersOf(connection, { status: 204, contentType: '', body: '', headers: turn?.headers });
    headers.push('connection', 'upgrade', 'upgrade', upgrade);
    if (key !== undefined) headers.push('sec-websocket-accept', webSocketAccept(key));
    if (protocols !== undefined) headers.push('sec-websocket-protocol', protocols.split(',')[0]?.trim() ?? '');
    socket.write(headText(101, headers));
    if (head.length > 0) socket.unshift(head);
    if (upgrade.toLowerCase() === 'websocket') socket.pipe(new WebSocketEcho()).pipe(socket);
    else socket.pipe(socket);
  });
}

function onConnect(context: ServerContext, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const connection = context.connectionOf(request.socket);
  record(context, connection, request, scan(request.rawHeaders));
  socket.on('error', () => socket.destroy());
  const turn = connection.standIn.behaviour?.next();
  afterDelay(socket, turn?.delayMs ?? 0, () => {
    if (turn?.reset) return void socket.destroy();
    const status = turn?.status ?? 200;
    const headers = headersOf(connection, { status: 204, contentType: '', body: '', headers: turn?.headers });
    if (status >= 300)
      return void socket.end(headText(status, [...headers, 'content-length', '0', 'connection', 'close']));
    socket.write(headText(status, headers));
    if (head.length > 0) socket.unshift(head);
    context.serveTunnel(socket, connection);
  });
}

function headText(status: number, headers: readonly string[]): string {
  let text = `HTTP/1.1 ${status} ${status === 101 ? 'Switching Protocols' : 'Answer'}\r\n`;
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return `${text}\r\n`;
}

/** Hands a socket over whose unread bytes were put back. */
export const serveHttp1 = (server: Server, socket: Duplex): void => {
  server.emit('connection', socket as Socket);
};
