import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { respond } from './acting/respond.ts';
import type { CallFault, Faults } from './faults.ts';
import { argumentsIn } from './http-body.ts';
import type { JsonObject } from './model.ts';
import type { ResponseUrls } from './tickets.ts';
import type { CallContext } from './web-api/method.ts';
import { SlackError } from './web-api/slack-error.ts';
import { type ApiAnswer, rateLimited, type WebApi } from './web-api/web-api.ts';

export type ApiServer = {
  readonly webApi: WebApi;
  readonly context: CallContext;
  readonly faults: Faults;
  readonly responseUrls: ResponseUrls;
};

const send = (response: ServerResponse, { status, headers, body }: ApiAnswer): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
};
const plain = (status: number, body: JsonObject): ApiAnswer => ({ status, headers: {}, body });

/** Answers what an app asks: methods under `/api/`, response URLs, uploads. False when the path is none of them. */
export async function serveApi(
  server: ApiServer,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  url: URL,
): Promise<boolean> {
  const { pathname } = url;
  if (pathname.startsWith('/upload/')) {
    takeUpload(server, pathname.slice('/upload/'.length), body, response);
    return true;
  }
  const isCall = pathname.startsWith('/api/');
  if (!isCall && !pathname.startsWith('/actions/')) return false;
  const args = argumentsIn(body, request.headers['content-type'] ?? '', url.searchParams);
  if (!args) {
    send(response, plain(200, { ok: false, error: 'invalid_json' }));
    return true;
  }
  const method = isCall ? pathname.slice('/api/'.length) : 'response_url';
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const act = (): ApiAnswer =>
    isCall ? server.webApi.call(method, token, args) : useResponseUrl(server, pathname, args);
  const fault = server.faults.takeForCall(method);
  if (!fault) send(response, act());
  else await strike(server, fault, { method, args, act, response });
  return true;
}

type Struck = {
  readonly method: string;
  readonly args: JsonObject;
  readonly act: () => ApiAnswer;
  readonly response: ServerResponse;
};
async function strike({ webApi }: ApiServer, fault: CallFault, { method, args, act, response }: Struck): Promise<void> {
  const instead = (answer: ApiAnswer): void => {
    webApi.note(method, args, answer.status, String(answer.body.error));
    send(response, answer);
  };
  switch (fault.kind) {
    case 'rate-limited':
      return instead(rateLimited(fault.retryAfterSeconds));
    case 'server-error':
      return instead(plain(fault.status, { ok: false, error: 'service_unavailable' }));
    case 'slack-error':
      return instead(plain(200, { ok: false, error: fault.error }));
    case 'no-answer':
      return webApi.note(method, args, 0, 'no-answer');
    case 'cut':
      webApi.note(method, args, 0, 'cut');
      response.socket?.resetAndDestroy();
      return;
    case 'answer-lost':
      act();
      response.socket?.resetAndDestroy();
      return;
    case 'slow':
      await sleep(fault.delayMs);
      return send(response, act());
    default:
      return fault satisfies never;
  }
}

function useResponseUrl({ responseUrls, context }: ApiServer, path: string, body: JsonObject): ApiAnswer {
  try {
    respond(responseUrls.take(path), body, context);
    return plain(200, { ok: true });
  } catch (error) {
    if (!(error instanceof SlackError)) throw error;
    // Slack answers 404 for a URL that is of no use any more, and 400 for content that it refuses.
    return plain(error.code.endsWith('_url') ? 404 : 400, error.toBody());
  }
}

function takeUpload({ context }: ApiServer, id: string, bytes: Buffer, response: ServerResponse): void {
  const upload = context.uploads.get(id);
  const fits = upload !== undefined && bytes.length > 0;
  if (upload && fits) upload.bytes = bytes;
  response.writeHead(fits ? 200 : 404, { 'content-type': 'text/plain' });
  response.end(fits ? `OK - ${bytes.length}` : 'no such upload');
}
