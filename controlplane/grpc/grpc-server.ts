import http2 from 'node:http2';
import { type AddressInfo, Server } from 'node:net';
import { status } from '@grpc/grpc-js';
import { type Connection, connectionOf } from './connection.ts';
import { type ConnectionLimits, careForConnection } from './connection-care.ts';
import { type PeerIdentity, peerOf } from './peer-identity.ts';
import { ServerCall } from './server-call.ts';
import type { TlsMaterial } from './tls-files.ts';
import { UnfinishedMessages } from './unfinished-messages.ts';

/** Serves one call of a method, from its headers on. */
export type CallHandler = (call: ServerCall) => void;

export type GrpcServerOptions = ConnectionLimits & {
  readonly host: string;
  /** 0: the OS gives one. */
  readonly port: number;
  /** By path, such as `/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources`. */
  readonly methods: ReadonlyMap<string, CallHandler>;
  /** What is read at most of messages that have not arrived as a whole, of all calls together; default 256 MiB. Then the call that holds most ends. */
  readonly maxUnfinishedBytes?: number;
  /** Default: not encrypted. */
  readonly tls?: TlsMaterial | undefined;
  /** Why a peer may call nothing here: `PERMISSION_DENIED` with these words. Default: everybody may. */
  readonly refusePeer?: ((peer: PeerIdentity | undefined) => string | undefined) | undefined;
};

export interface GrpcServer extends AsyncDisposable {
  readonly port: number;
  /**
   * Takes no connection from now on, and asks those that are open to make way, each at a moment of its own in the first half of `graceMs`;
   * what is still open half of it later is ended. So they do not all arrive elsewhere at once. How many there are.
   */
  drain(graceMs: number): number;
  /** For connections from now on; those that are open stay as they are. */
  renewTls(material: TlsMaterial): void;
}

const MAX_STREAMS = 10_000;
const RESETS_PER_S = 1_000;
const MAX_HEADER_BYTES = 16 * 1024;
const BACKLOG = 4_096;
const MAX_UNFINISHED_BYTES = 256 * 1024 * 1024;
const HANDSHAKE_MS = 10_000;

/**
 * A gRPC server over HTTP/2 that passes encoded messages on without copying them. Resolves once it listens; rejects with the operating
 * system's error. Disposing ends it and every call at once.
 */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { methods } = options;
  const callsOf = new Map<http2.Http2Session, Set<ServerCall>>();
  const connections = new WeakMap<http2.Http2Session, Connection>();
  const unfinished = new UnfinishedMessages(options.maxUnfinishedBytes ?? MAX_UNFINISHED_BYTES);
  const settings: http2.SecureServerOptions = {
    settings: { maxConcurrentStreams: options.maxStreams ?? MAX_STREAMS, maxHeaderListSize: MAX_HEADER_BYTES },
    // What is under way is bounded for each call and for all together, so that no connection needs a limit of its own, which would end it.
    maxSessionMemory: Number.MAX_SAFE_INTEGER,
    // An Envoy without aggregation resets the stream of each cluster that goes: Node's own limit, 1,000 at a time, is too low.
    streamResetBurst: MAX_STREAMS,
    streamResetRate: RESETS_PER_S,
  };
  const server = options.tls
    ? http2.createSecureServer({
        ...settings,
        ...contextOf(options.tls),
        ...askingFor(options.tls),
        handshakeTimeout: HANDSHAKE_MS,
      })
    : http2.createServer(settings);
  server.on('session', (session) => {
    const calls = new Set<ServerCall>();
    callsOf.set(session, calls);
    session.once('close', () => callsOf.delete(session));
    // What a peer does wrong ends its connection, and nothing else.
    session.on('error', () => undefined);
    const connection = connectionOf(session, () => {
      for (const call of calls) call.end(status.UNAVAILABLE, 'the connection was asked to make way: connect again');
    });
    connections.set(session, connection);
    careForConnection(session, options, connection);
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    const { session } = stream;
    if (!session) return;
    const call = new ServerCall(stream, headers, peerOf(session), connections.get(session), unfinished);
    const calls = callsOf.get(session);
    calls?.add(call);
    stream.once('close', () => calls?.delete(call));
    if (headers[':method'] !== 'POST' || !headers['content-type']?.startsWith('application/grpc')) {
      if (!stream.closed) stream.respond({ ':status': 415 }, { endStream: true });
      return;
    }
    const refusal = options.refusePeer?.(call.peer);
    const method = methods.get(call.path);
    if (refusal !== undefined) call.end(status.PERMISSION_DENIED, refusal);
    else if (method) method(call);
    else call.end(status.UNIMPLEMENTED, `${call.path} is not served`);
  });
  server.on('sessionError', () => undefined);
  server.on('unknownProtocol', (socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: bare(options.host), port: options.port, backlog: BACKLOG }, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    renewTls(material) {
      if ('setSecureContext' in server) server.setSecureContext(contextOf(material));
    },
    drain(graceMs) {
      // That of HTTP/2 would ask all connections at once.
      Server.prototype.close.call(server);
      // An Envoy goes on with the streams that it has until they are ended.
      for (const session of callsOf.keys()) {
        const waitMs = (Math.random() * graceMs) / 2;
        const timer = setTimeout(() => connections.get(session)?.makeWay(graceMs / 2), waitMs).unref();
        session.once('close', () => clearTimeout(timer));
      }
      return callsOf.size;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const session of callsOf.keys()) session.destroy();
    },
  };
}

const contextOf = ({ cert, key, clientCa }: TlsMaterial) => ({
  cert,
  key,
  ...(clientCa === undefined ? {} : { ca: clientCa }),
  minVersion: 'TLSv1.2' as const,
});

/** A peer that shows no certificate of the clients' authority is not let in. */
const askingFor = ({ clientCa }: TlsMaterial) =>
  clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: true };

/** `[::1]` as `::1`. */
const bare = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');
