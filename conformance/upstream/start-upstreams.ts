import type { Pki } from '../pki/pki.ts';
import { ActiveBehaviour } from './active-behaviour.ts';
import { createHttp1Server, type ServerContext, serveHttp1 } from './http1-server.ts';
import { serveHttp2 } from './http2-server.ts';
import { RequestLog } from './request-log.ts';
import { type HostKey, hostKeyText } from './stand-in.ts';
import { type Protocols, StandInServer } from './stand-in-server.ts';
import { type Connection, StandInState } from './stand-in-state.ts';
import type { HostSelector, UpstreamPool } from './upstream-pool.ts';

export type UpstreamOptions = {
  readonly pki: Pki;
  /** The address that all stand-ins listen on, default 127.0.0.1; a container that is not on the host's network needs another. */
  readonly host?: string;
};

/** An empty pool; `ensure` starts the stand-ins. Disposing closes every socket at once. */
export async function startUpstreams({ pki, host = '127.0.0.1' }: UpstreamOptions): Promise<UpstreamPool> {
  const log = new RequestLog();
  const connections = new WeakMap<object, Connection>();
  const servers = new Map<string, { readonly server: StandInServer; readonly listening: Promise<void> }>();
  let disposed = false;

  const context: ServerContext = {
    log,
    jwks: pki.jwks,
    connectionOf(socket) {
      const connection = connections.get(socket);
      if (!connection) throw new Error('a request came on a socket that no stand-in accepted');
      return connection;
    },
    serveTunnel: (socket, connection) => serverOf(connection.standIn.key).serve(socket, connection),
  };
  const http1 = createHttp1Server(context);
  const protocols: Protocols = {
    pki,
    log,
    serveHttp1(socket, connection) {
      connections.set(socket, connection);
      serveHttp1(http1, socket);
    },
    serveHttp2: (socket, connection) => serveHttp2(context, socket, connection),
  };

  function serverOf(key: HostKey): StandInServer {
    const known = servers.get(hostKeyText(key));
    if (known) return known.server;
    throw new RangeError(`no stand-in for ${hostKeyText(key)}; there are: ${[...servers.keys()].join(', ') || 'none'}`);
  }

  function selected({ cluster, address, port }: HostSelector): StandInServer[] {
    return [...servers.values()]
      .map(({ server }) => server)
      .filter(({ state: { key } }) => key.cluster === cluster)
      .filter(({ state: { key } }) => address === undefined || key.address === address)
      .filter(({ state: { key } }) => port === undefined || key.port === port);
  }

  function someSelected(hosts: HostSelector): StandInServer[] {
    const found = selected(hosts);
    if (found.length > 0) return found;
    const wanted = `${hosts.cluster}/${hosts.address ?? '*'}:${hosts.port ?? '*'}`;
    throw new RangeError(`no stand-in is named by ${wanted}; there are: ${[...servers.keys()].join(', ') || 'none'}`);
  }

  return {
    async ensure(specs) {
      if (disposed) throw new Error('the stand-ins have been closed');
      for (const spec of specs) {
        const name = hostKeyText(spec.key);
        const known = servers.get(name);
        if (known) {
          if (known.server.state.widen(spec)) known.server.renewCertificate();
          continue;
        }
        const state = new StandInState(spec.key);
        state.widen(spec);
        const server = new StandInServer(state, protocols);
        const listening = server.listen(host);
        servers.set(name, { server, listening });
        // So that the next `ensure` tries again.
        listening.catch(() => servers.delete(name));
      }
      await Promise.all(specs.map(({ key }) => servers.get(hostKeyText(key))?.listening));
    },
    portOf: (key) => serverOf(key).port,
    behave(hosts, behaviour) {
      const active = behaviour && new ActiveBehaviour(behaviour);
      for (const { state } of someSelected(hosts)) state.behaviour = active;
    },
    setHealth(hosts, health) {
      for (const server of someSelected(hosts)) {
        server.state.setHealth(health);
        server.followHealth();
      }
    },
    received: (filter = {}) => log.select(filter),
    spans: (traceId) => log.spansOf(traceId),
    healthChecks: (hosts) => selected(hosts).reduce((sum, { state }) => sum + state.healthChecks, 0),
    reset() {
      log.clear();
      for (const { server } of servers.values()) {
        server.state.behaviour = undefined;
        server.state.setHealth('serving');
        server.followHealth();
      }
    },
    async [Symbol.asyncDispose]() {
      disposed = true;
      await Promise.all([...servers.values()].map(({ server }) => server[Symbol.asyncDispose]()));
    },
  };
}
