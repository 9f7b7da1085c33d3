import { Agent, type IncomingMessage, request as sendClear } from 'node:http';
import { request as sendSecure, Agent as TlsAgent } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { CellPki, ListenerAddress } from '../cell/running-cell.ts';
import type { RequestSpec } from '../checks/check.ts';
import { AnswerBody, buildAnswer, headerRecord } from './answer-builder.ts';
import { type ClientAnswer, failureReason, failureText } from './client-answer.ts';
import { openSocket, tlsOptions } from './connect.ts';
import { wireRequest } from './wire-request.ts';

/** `stale`: a kept connection turned out to be closed before anything came back; the request may be sent again on another. */
export type Exchange = { readonly answer: ClientAnswer; readonly stale: boolean };

/** Connections of one listener and one TLS identity. */
export function createHttp1Agent(request: RequestSpec, pki: CellPki): Agent {
  const options = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, noDelay: true };
  const tls = request.tls && tlsOptions(request.tls, pki, ['http/1.1']);
  const agent = tls ? new TlsAgent({ ...options, ...tls }) : new Agent(options);
  const { proxyProtocol } = request;
  if (proxyProtocol) {
    agent.createConnection = ({ host, port }) =>
      openSocket({ host: host ?? '', port: Number(port) }, tls, proxyProtocol).socket;
  }
  return agent;
}

/** Sends one request on a connection of the agent. Never rejects. */
export function exchangeHttp1(agent: Agent, { host, port }: ListenerAddress, request: RequestSpec): Promise<Exchange> {
  const startedMs = performance.now();
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  const { method, headers, body } = wireRequest(request);
  const answerBody = new AnswerBody();
  let handshaking = request.tls !== undefined;
  let answered = false;
  let timedOut = false;

  const fail = (error: unknown): void => {
    clearTimeout(timer);
    const latencyMs = performance.now() - startedMs;
    const reason = timedOut ? 'timeout' : failureReason(error, handshaking);
    const message = timedOut ? `no whole answer within ${request.timeoutMs} ms` : failureText(error);
    const stale = reason === 'reset' && !answered && outgoing?.reusedSocket === true;
    resolve({ answer: { kind: 'failed', reason, message, latencyMs }, stale });
  };
  const finish = (response: IncomingMessage): void => {
    clearTimeout(timer);
    const latencyMs = performance.now() - startedMs;
    const { statusCode = 0, rawHeaders, rawTrailers } = response;
    const trailers = rawTrailers.length === 0 ? {} : headerRecord(rawTrailers);
    const answer = buildAnswer(statusCode, headerRecord(rawHeaders), trailers, answerBody, latencyMs, 'http/1.1');
    resolve({ answer, stale: false });
  };
  const timer = setTimeout(() => {
    timedOut = true;
    outgoing?.destroy();
    fail(undefined);
  }, request.timeoutMs);

  let outgoing: ReturnType<typeof sendClear> | undefined;
  try {
    outgoing = (request.tls ? sendSecure : sendClear)({
      agent,
      host,
      port,
      method,
      path: request.path,
      setHost: false,
      headers: rawHeaders(request.authority, method, headers, body),
    });
  } catch (error) {
    fail(error);
    return promise;
  }
  const sent = outgoing;
  if (handshaking) {
    sent.once('socket', (socket) => {
      const secure = socket as TLSSocket & { readonly secureConnecting: boolean };
      handshaking = secure.secureConnecting;
      if (handshaking)
        secure.once('secureConnect', () => {
          handshaking = false;
        });
    });
  }
  sent.on('error', fail);
  sent.once('response', (response) => {
    answered = true;
    response.on('data', (chunk: Buffer) => answerBody.push(chunk));
    response.once('end', () => finish(response));
    response.once('error', fail);
  });
  const switched = (response: IncomingMessage, socket: { destroy(): unknown }): void => {
    finish(response);
    socket.destroy();
  };
  sent.once('upgrade', switched);
  sent.once('connect', switched);
  sent.end(body);
  return promise;
}

/** Names and values in turn: Node then sends them as they are, in this order. */
function rawHeaders(
  authority: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer | undefined,
): string[] {
  const raw = ['host', authority];
  let framed = false;
  for (const name in headers) {
    const lower = name.toLowerCase();
    if (lower === 'host') raw[1] = headers[name] as string;
    else raw.push(name, headers[name] as string);
    framed ||= lower === 'content-length' || lower === 'transfer-encoding';
  }
  const bodyBytes = body?.length ?? 0;
  // With any other method Node would send an empty chunked body, which is not what was asked for.
  const saysLength = bodyBytes > 0 || !SENT_WITHOUT_BODY.has(method);
  if (!framed && saysLength) raw.push('content-length', String(bodyBytes));
  return raw;
}

const SENT_WITHOUT_BODY = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);
