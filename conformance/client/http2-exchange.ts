import { type ClientHttp2Session, connect, constants, type OutgoingHttpHeaders } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { CellPki, ListenerAddress } from '../cell/running-cell.ts';
import type { RequestSpec } from '../checks/check.ts';
import { AnswerBody, buildAnswer, headerRecord } from './answer-builder.ts';
import { type ClientAnswer, failureReason, failureText } from './client-answer.ts';
import { openSocket, tlsOptions } from './connect.ts';
import type { Exchange } from './http1-exchange.ts';
import { wireRequest } from './wire-request.ts';

/** A session, or why there is none. `destroy` ends it in either state. */
export type OpeningSession = {
  readonly whenOpen: Promise<ClientHttp2Session>;
  /** False once no further request can be sent on it. */
  usable(): boolean;
  readonly handshaking: () => boolean;
  destroy(): void;
};

export function openSession(address: ListenerAddress, request: RequestSpec, pki: CellPki): OpeningSession {
  const { socket, whenReady, handshaking } = openSocket(
    address,
    request.tls && tlsOptions(request.tls, pki, ['h2']),
    request.proxyProtocol,
  );
  let session: ClientHttp2Session | undefined;
  let broken = false;
  const whenOpen = whenReady.then(() => {
    if (request.tls && (socket as TLSSocket).alpnProtocol !== 'h2') {
      socket.destroy();
      throw new Error('the listener did not agree on h2 (ALPN)');
    }
    session = connect(`http://${address.host}`, {
      createConnection: () => socket,
      maxSessionMemory: 64,
      settings: { initialWindowSize: 1024 * 1024 },
    });
    session.on('error', () => undefined);
    session.once('goaway', () => {
      broken = true;
    });
    session.once('close', () => socket.destroy());
    return session;
  });
  whenOpen.catch(() => {
    broken = true;
  });
  return {
    whenOpen,
    usable: () => !broken && (session === undefined || !(session.closed || session.destroyed)),
    handshaking,
    destroy() {
      broken = true;
      session?.destroy();
      socket.destroy();
    },
  };
}

/** Sends one request on a session. `fresh`: the session was opened for it. Never rejects. */
export function exchangeHttp2(opening: OpeningSession, request: RequestSpec, fresh: boolean): Promise<Exchange> {
  const startedMs = performance.now();
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  let cancel = (): void => undefined;
  const settle = (answer: ClientAnswer, stale = false): void => {
    clearTimeout(timer);
    resolve({ answer, stale });
  };
  const fail = (error: unknown, stale: boolean): void => {
    const reason = failureReason(error, opening.handshaking());
    settle({ kind: 'failed', reason, message: failureText(error), latencyMs: performance.now() - startedMs }, stale);
  };
  const timer = setTimeout(() => {
    const message = `no whole answer within ${request.timeoutMs} ms`;
    settle({ kind: 'failed', reason: 'timeout', message, latencyMs: performance.now() - startedMs });
    cancel();
  }, request.timeoutMs);

  opening.whenOpen.then(
    (session) => {
      try {
        cancel = send(session);
      } catch (error) {
        fail(error, !fresh && failureReason(error, false) === 'reset');
      }
    },
    (error: unknown) => fail(error, false),
  );
  return promise;

  function send(session: ClientHttp2Session): () => void {
    const { headers, body } = pseudoHeaders(request);
    const stream = session.request(headers, { endStream: body === undefined });
    const answerBody = new AnswerBody();
    let status = 0;
    let answerHeaders: Record<string, string> = {};
    let trailers: Record<string, string> = {};
    let failure: unknown;
    stream.on('response', (_headers, _flags, raw) => {
      status = Number(_headers[':status']);
      answerHeaders = headerRecord(raw as readonly string[]);
      // An opened tunnel is the answer; nothing more comes by itself.
      if (headers[':method'] === 'CONNECT' && status < 300) finish();
    });
    stream.on('trailers', (_headers, _flags, raw) => {
      trailers = headerRecord(raw as readonly string[]);
    });
    stream.on('data', (chunk: Buffer) => answerBody.push(chunk));
    stream.on('error', (error) => {
      failure = error;
    });
    let ended = false;
    stream.once('end', () => {
      ended = true;
    });
    stream.once('close', () => {
      // A server may answer and then refuse the rest of the upload: RST_STREAM with NO_ERROR after the whole answer.
      if (status !== 0 && ended && (failure === undefined || stream.rstCode === constants.NGHTTP2_NO_ERROR))
        return finish();
      const neverTaken = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM || stream.id === undefined;
      const sessionEnded = session.destroyed && status === 0;
      const cut = Object.assign(
        new Error(`the stream ended ${status === 0 ? 'before an answer' : `after status ${status}, in mid-body`}`),
        {
          code: 'ECONNRESET',
        },
      );
      fail(failure ?? cut, !fresh && status === 0 && (neverTaken || sessionEnded));
    });
    if (body !== undefined) stream.end(body);
    return () => stream.close(constants.NGHTTP2_CANCEL);

    function finish(): void {
      const latencyMs = performance.now() - startedMs;
      settle(buildAnswer(status, answerHeaders, trailers, answerBody, latencyMs, 'h2'));
      if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
    }
  }
}

function pseudoHeaders(request: RequestSpec): { headers: OutgoingHttpHeaders; body: Buffer | undefined } {
  const { method, headers, body } = wireRequest(request);
  const wire: OutgoingHttpHeaders = { ':method': method, ':authority': request.authority };
  if (method !== 'CONNECT' || headers[':protocol'] !== undefined) {
    wire[':scheme'] = request.tls ? 'https' : 'http';
    wire[':path'] = request.path;
  }
  for (const name in headers) {
    const lower = name.toLowerCase();
    if (lower === 'host') wire[':authority'] = headers[name];
    else wire[lower] = headers[name];
  }
  const opensTunnel = method === 'CONNECT';
  return { headers: wire, body: body ?? (opensTunnel ? Buffer.alloc(0) : undefined) };
}
