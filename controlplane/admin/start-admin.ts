import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openAccessProblem } from '../access/open-access.ts';
import type { StageServer } from '../serve/stage-server.ts';
import { adminHandler } from './admin-handler.ts';

export type AdminOptions = {
  readonly server: StageServer;
  readonly nowEpochMs: () => number;
  /** Default `127.0.0.1`. Any address that is not of this machine alone needs a token. */
  readonly host?: string;
  /** 0: the OS gives one. */
  readonly port: number;
  /** 16 characters and more. Where there is one, it is asked for on any address. */
  readonly token?: string;
  /** What a person who runs it should read: one line each. */
  readonly say: (line: string) => void;
};

export interface AdminServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

const MAX_CONNECTIONS = 256;

/** Why it may not listen at `host` with that token; undefined: it may. The token is in no words. */
export const adminAccessProblem = (host: string, token: string | undefined): string | undefined =>
  openAccessProblem('the admin API would obey everybody who reaches', host, token);

/**
 * The admin API of a stage server on a port of its own. Resolves when it takes requests; rejects when it cannot listen, or may not
 * (`adminAccessProblem`).
 */
export async function startAdmin(options: AdminOptions): Promise<AdminServer> {
  const { host = '127.0.0.1', port, token } = options;
  const problem = adminAccessProblem(host, token);
  if (problem !== undefined) throw new Error(problem);
  const server = createServer(
    { maxHeaderSize: 8_192, headersTimeout: 10_000, requestTimeout: 15_000, connectionsCheckingInterval: 5_000 },
    adminHandler({ ...options, host }),
  );
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    host,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
