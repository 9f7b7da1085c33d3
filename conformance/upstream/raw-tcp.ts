import type { Duplex } from 'node:stream';
import { afterDelay } from './request-body.ts';
import type { Recording, RequestLog } from './request-log.ts';
import type { Connection, TcpHealthCheck } from './stand-in-state.ts';

/** Sends bytes back as they come; a behaviour's `body` is sent instead of the first of them. */
export function serveRawTcp(log: RequestLog, socket: Duplex, connection: Connection): void {
  const { standIn } = connection;
  const recording: Recording = {
    host: standIn.key,
    atMs: performance.now(),
    protocol: 'tcp',
    tls: connection.tls,
    method: '',
    path: '',
    authority: '',
    proxyProtocol: connection.proxyProtocol,
    headers: [],
    requestId: undefined,
    body: undefined,
    bodyBytes: 0,
  };
  log.add(recording);
  socket.on('data', (chunk: Buffer) => {
    log.addBody(recording, chunk);
    if (recording.requestId === undefined && recording.body) {
      const id = /x-meshgate-request: *([\w.-]+)/i.exec(Buffer.concat(recording.body).toString('latin1'))?.[1];
      if (id !== undefined) log.identify(recording, id);
    }
  });
  const turn = standIn.behaviour?.next();
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
