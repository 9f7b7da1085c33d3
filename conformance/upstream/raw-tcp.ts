import type { Duplex } from 'node:stream';
import { afterDelay } from './request-body.ts';
import type { Recording, RequestLog } from './request-log.ts';
import type { Connection, TcpHealthCheck } from './stand-in-state.ts';

/** Sends bytes back as they come; a behaviour's `body` is sent instead of the first of them. */
export function serveRawTcp(log: RequestLog, socket: Duplex, connection: Connection): void {
  const recording = record(log, connection);
  socket.on('data', (chunk: Buffer) => recordBytes(log, recording, chunk));
  const turn = connection.standIn.behaviour?.next();
  if (turn?.body !== undefined) {
    const { body } = turn;
    socket.once('data', () => afterDelay(socket, turn.delayMs, () => socket.end(body)));
    return;
  }
  if (turn && turn.delayMs > 0) socket.pause();
  afterDelay(socket, turn?.delayMs ?? 0, () => {
    if (turn?.failing || turn?.reset) socket.destroy();
    else socket.pipe(socket);
  });
}

/** For a client that sent a few bytes, which have been read, and no more: its answer is those bytes. */
export function serveShortTcp(log: RequestLog, socket: Duplex, connection: Connection, bytes: Buffer): void {
  recordBytes(log, record(log, connection), bytes);
  const turn = connection.standIn.behaviour?.next();
  afterDelay(socket, turn?.delayMs ?? 0, () => {
    if (turn?.failing || turn?.reset) socket.destroy();
    else socket.end(turn?.body ?? bytes);
  });
}

function record(log: RequestLog, { standIn, tls, proxyProtocol }: Connection): Recording {
  const recording: Recording = {
    host: standIn.key,
    atMs: performance.now(),
    protocol: 'tcp',
    tls,
    method: '',
    path: '',
    authority: '',
    proxyProtocol,
    headers: [],
    requestId: undefined,
    body: undefined,
    bodyBytes: 0,
  };
  log.add(recording);
  return recording;
}

/** An id is looked for where people put one: at the start, in the first few packets. */
const ID_WITHIN_BYTES = 4096;

function recordBytes(log: RequestLog, recording: Recording, chunk: Buffer): void {
  const searched = recording.requestId === undefined && recording.bodyBytes < ID_WITHIN_BYTES;
  log.addBody(recording, chunk);
  if (!searched || !recording.body) return;
  const id = /x-meshgate-request: *([\w.-]+)/i.exec(Buffer.concat(recording.body).toString('latin1'))?.[1];
  if (id !== undefined) log.identify(recording, id);
}

/** Answers each `send` of the health checker on this connection with `receive`; in maintenance closes instead. */
export function serveTcpHealthCheck(socket: Duplex, connection: Connection, check: TcpHealthCheck): void {
  const { standIn } = connection;
  let pending: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (; pending.length >= check.send.length; pending = pending.subarray(check.send.length)) {
      standIn.healthChecks++;
      if (standIn.health === 'maintenance') {
        socket.destroy();
        return;
      }
      socket.write(check.receive);
    }
  });
  socket.once('end', () => socket.end());
}
