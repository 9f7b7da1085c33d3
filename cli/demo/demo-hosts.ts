import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a host of the demo's shop behaves; may be changed at any time. */
export type HostBehaviour = {
  /** Fails health checks, and answers requests with 503. */
  maintenance: boolean;
  delayMs: number;
};

export type DemoHost = { readonly service: string; readonly port: number; readonly behaviour: HostBehaviour };

/** The shop's own servers, which the real fleet sends real requests to. (In the matrix, stand-ins take their place.) */
export interface DemoHosts extends AsyncDisposable {
  readonly hosts: readonly DemoHost[];
}

/** Starts one server on each port of 127.0.0.1. Rejects with the operating system's error; leaves nothing listening then. */
export async function startHosts(
  wanted: readonly { readonly service: string; readonly port: number; readonly delayMs: number }[],
): Promise<DemoHosts> {
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  };
  const hosts: DemoHost[] = [];
  try {
    for (const { service, port, delayMs } of wanted) {
      const behaviour: HostBehaviour = { maintenance: false, delayMs };
      const server = createServer(async (request, response) => {
        request.resume();
        if (request.url !== '/healthz') await sleep(behaviour.delayMs);
        response.writeHead(behaviour.maintenance ? 503 : 200, { 'content-type': 'text/plain' });
        response.end(behaviour.maintenance ? 'in maintenance\n' : `${service}\n`);
      });
      servers.push(server);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ port, host: '127.0.0.1' }, resolve);
      });
      hosts.push({ service, port, behaviour });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { hosts, [Symbol.asyncDispose]: close };
}
