import { status } from '@grpc/grpc-js';
import { bearsToken } from '../access/bearer-token.ts';
import { openAccessProblem } from '../access/open-access.ts';
import { type CallHandler, startGrpcServer } from '../grpc/grpc-server.ts';
import type { ServerCall } from '../grpc/server-call.ts';
import { type ClientStatusPorts, fetchClientStatus, streamClientStatus } from './client-status-call.ts';

export type ClientStatusOptions = Omit<ClientStatusPorts, 'onOver'> & {
  /** Default `127.0.0.1`. Any address that is not of this machine alone needs a token. */
  readonly host?: string;
  /** 0: the OS gives one. */
  readonly port: number;
  /** That of the admin API, 16 characters and more. Where there is one, it is asked for on any address. */
  readonly token?: string;
};

export interface ClientStatusServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

const SERVICE = '/envoy.service.status.v3.ClientStatusDiscoveryService';
/** What one of them has under way is bounded; so are all of them together. */
const MAX_CALLS = 16;
/** A peer that does not answer a ping for so long is gone, and with it its calls. */
const KEEPALIVE_MS = 30_000;

/** Why it may not listen at `host` with that token; undefined: it may. The token is in no words. */
export const clientStatusAccessProblem = (host: string, token: string | undefined): string | undefined =>
  openAccessProblem('the client status would be told to everybody who reaches', host, token);

/**
 * `envoy.service.status.v3.ClientStatusDiscoveryService` (CSDS), on a port of its own: what is asked there is not for those who reach the
 * port of the Envoys. Resolves when it takes calls; rejects when it cannot listen, or may not (`clientStatusAccessProblem`). Not encrypted.
 */
export async function startClientStatus(options: ClientStatusOptions): Promise<ClientStatusServer> {
  const { host = '127.0.0.1', port, token } = options;
  const problem = clientStatusAccessProblem(host, token);
  if (problem !== undefined) throw new Error(problem);
  let calls = 0;
  const guarded =
    (serve: (call: ServerCall, ports: ClientStatusPorts) => void): CallHandler =>
    (call) => {
      const authorization = call.metadata.get('authorization').join();
      if (token !== undefined && !bearsToken(token, authorization))
        return call.end(status.UNAUTHENTICATED, 'want the token of the admin API, as `authorization: Bearer …`');
      if (calls >= MAX_CALLS)
        return call.end(status.RESOURCE_EXHAUSTED, `${MAX_CALLS} calls are open already: ask again later`);
      calls += 1;
      const onOver = (): void => {
        calls -= 1;
      };
      return serve(call, { ...options, onOver });
    };
  const server = await startGrpcServer({
    host,
    port,
    keepaliveMs: KEEPALIVE_MS,
    maxStreams: MAX_CALLS,
    methods: new Map<string, CallHandler>([
      [`${SERVICE}/FetchClientStatus`, guarded(fetchClientStatus)],
      [`${SERVICE}/StreamClientStatus`, guarded(streamClientStatus)],
    ]),
  });
  return { host, port: server.port, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}
