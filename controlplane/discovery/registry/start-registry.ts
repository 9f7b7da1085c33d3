import { copyFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MIN_TOKEN } from '../../access/bearer-token.ts';
import { isLoopback } from '../../access/loopback.ts';
import { loadRegistry, registryFile } from './registry-file.ts';
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
  readonly limits?: RegistryLimits;
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
  const { nowEpochMs, host = '127.0.0.1', port, token, path, limits, onProblem } = options;
  if (token === undefined ? !isLoopback(host) : token.length < MIN_TOKEN)
    throw new Error(
      token === undefined
        ? `the registry would take hosts from everybody who reaches ${host}: give it a token, or let it listen on 127.0.0.1`
        : `the token of the registry has less than ${MIN_TOKEN} characters`,
    );
  const table = new RegistryTable({ nowEpochMs, ...(limits ? { limits } : {}) });
  const file = path === undefined ? undefined : registryFile(path, table);
  if (path !== undefined) {
    const { registrations, problem } = await loadRegistry(path);
    for (const registration of registrations) table.register(registration);
    if (problem !== undefined) {
      // It will be written anew: what could not be read of it is kept for people.
      await copyFile(path, `${path}.unreadable`).catch(() => {});
      onProblem?.(`${path}: ${problem}`);
    }
  }
  const handler = registryHandler({
    table,
    nowEpochMs,
    ...(token === undefined ? {} : { token }),
    ...(file ? { file } : {}),
    ...(onProblem ? { onProblem } : {}),
  });
  const server = createServer(
    { maxHeaderSize: 8_192, headersTimeout: 10_000, requestTimeout: 15_000, connectionsCheckingInterval: 5_000 },
    handler,
  );
  server.maxConnections = 4_096;
  server.keepAliveTimeout = 65_000;
  // Expiries too are kept: a host that went must not come back with a restart.
  const stopKeeping = file ? table.onChange(() => void file.save().catch(() => {})) : () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    stopKeeping();
    table[Symbol.dispose]();
    throw error;
  }
  return {
    host,
    port: (server.address() as AddressInfo).port,
    table,
    async [Symbol.asyncDispose]() {
      stopKeeping();
      table[Symbol.dispose]();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
      await file?.save().catch(() => {});
    },
  };
}
