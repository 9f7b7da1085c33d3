import { copyFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MIN_TOKEN } from '../../access/bearer-token.ts';
import { isLoopback } from '../../access/loopback.ts';
import { KeptRegistry } from './kept-registry.ts';
import { loadRegistry } from './registry-file.ts';
import { registryHandler } from './registry-handler.ts';
import { type RegistryLimits, RegistryTable } from './registry-table.ts';

export type RegistryOptions = {
  readonly nowEpochMs: () => number;
  /** Default `127.0.0.1`. Any address that is not of this machine alone needs a token. */
  readonly host?: string;
  /** 0: the OS gives one. */
  readonly port: number;
  readonly token?: string;
  /** Where what is registered is kept over restarts; default: nowhere. */
  readonly path?: string;
  /** How soon what cannot be written there is tried again; default 5 s. */
  readonly keepAgainMs?: number;
  readonly limits?: RegistryLimits;
  /** At once, at most; default 4,096. A quarter of them may be kept open between requests. */
  readonly connections?: number;
  /** Holds no secret. `undefined`: all is well again. */
  readonly onProblem?: (problem: string | undefined) => void;
};

export type Registry = AsyncDisposable & {
  readonly host: string;
  readonly port: number;
  /** For `registrySource`. */
  readonly table: RegistryTable;
};

/**
 * The registration API on a port of its own. Hosts that were registered before a restart live for their whole time again, since nobody
 * was there to renew them with. Resolves when it takes requests; rejects when it cannot listen, or would listen to everybody without a token.
 */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const { nowEpochMs, host = '127.0.0.1', port, token, path, keepAgainMs, limits, onProblem } = options;
  const { connections = 4_096 } = options;
  if (token === undefined ? !isLoopback(host) : token.length < MIN_TOKEN)
    throw new Error(
      token === undefined
        ? `the registry would take hosts from everybody who reaches ${host}: give it a token, or let it listen on 127.0.0.1`
        : `the token of the registry has less than ${MIN_TOKEN} characters`,
    );
  const table = new RegistryTable({ nowEpochMs, ...(limits ? { limits } : {}) });
  if (path !== undefined) {
    const { registrations, problem } = await loadRegistry(path);
    for (const registration of registrations) table.register(registration);
    if (problem !== undefined) {
      // It will be written anew: what could not be read of it is kept for people.
      await copyFile(path, `${path}.unreadable`).catch(() => {});
      onProblem?.(`${path}: ${problem}`);
    }
  }
  const kept =
    path === undefined
      ? undefined
      : new KeptRegistry({
          path,
          table,
          ...(keepAgainMs === undefined ? {} : { againMs: keepAgainMs }),
          ...(onProblem ? { onProblem } : {}),
        });
  const handler = registryHandler({
    table,
    ...(token === undefined ? {} : { token }),
    ...(kept ? { kept } : {}),
  });
  let open = 0;
  const server = createServer(
    { maxHeaderSize: 8_192, headersTimeout: 10_000, requestTimeout: 15_000, connectionsCheckingInterval: 5_000 },
    (request, response) => {
      // Hosts say who they are again long before a kept connection is closed: with more of them than connections, the rest would find none.
      if (open > connections / 4) response.setHeader('connection', 'close');
      handler(request, response);
    },
  );
  server.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
  });
  server.maxConnections = connections;
  server.keepAliveTimeout = 65_000;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    kept?.stop();
    table[Symbol.dispose]();
    throw error;
  }
  return {
    host,
    port: (server.address() as AddressInfo).port,
    table,
    async [Symbol.asyncDispose]() {
      table[Symbol.dispose]();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
      await kept?.[Symbol.asyncDispose]();
    },
  };
}
