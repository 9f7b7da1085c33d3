import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Server as TlsServer } from 'node:tls';
import type { Pki } from '../pki/pki.ts';
import { type Doors, openDoors } from './doors.ts';
import { type Spoken, spokenIn } from './first-bytes.ts';
import { readProxyProtocol } from './proxy-protocol.ts';
import { serveRawTcp, serveShortTcp, serveTcpHealthCheck } from './raw-tcp.ts';
import type { RequestLog } from './request-log.ts';
import type { ProxyProtocolHeader } from './stand-in.ts';
import type { Connection, StandInState } from './stand-in-state.ts';
import { createTlsServer } from './tls-server.ts';

/** First bytes that could still become anything are taken for raw TCP after this long. */
const UNDECIDED_MS = 300;
/** A server that speaks first waits this long for a client that does. */
const BANNER_AFTER_MS = 50;

/** The protocols above TCP that a stand-in hands connections to. */
export type Protocols = {
  readonly pki: Pki;
  readonly log: RequestLog;
  serveHttp1(socket: Duplex, connection: Connection): void;
  serveHttp2(socket: Duplex, connection: Connection): void;
};

/** One stand-in's port: tells by the first bytes of each connection what is spoken on it. */
export class StandInServer {
  readonly state: StandInState;
  readonly #protocols: Protocols;
  readonly #sockets = new Set<Socket>();
  /** What came before TLS on a connection, by the client's port: a TLS socket does not know the socket below it. */
  readonly #beforeTls = new Map<number, ProxyProtocolHeader>();
  #doors: Doors | undefined;
  #tls: Promise<TlsServer> | undefined;
  #host = '';
  #port = 0;
  #disposed = false;

  constructor(state: StandInState, protocols: Protocols) {
    this.state = state;
    this.#protocols = protocols;
  }

  get port(): number {
    return this.#port;
  }

  /** `port` 0: the OS gives one. Rejects with the OS's own error. */
  async listen(host: string, port = 0): Promise<void> {
    const doors = await openDoors({
      host,
      port,
      alone: this.state.onlyConnectIsChecked,
      onConnection: (socket) => this.#accept(socket),
    });
    this.#host = host;
    this.#port = doors.port;
    this.#doors = doors;
    if (this.#disposed) void doors.close();
  }

  /** From the next TLS connection on, the certificate is made of the names that the state has by then. */
  renewCertificate(): void {
    this.#tls = undefined;
  }

  /** To be called after each change of health: see `StandInSpec.tcpHealthChecks`. */
  followHealth(): void {
    if (!this.state.onlyConnectIsChecked) return;
    if (this.state.health === 'maintenance') {
      void this.#doors?.close();
      this.#doors = undefined;
    } else if (this.#doors === undefined) void this.#listenAgain();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    const closed = this.#doors?.close() ?? Promise.resolve();
    this.#doors = undefined;
    for (const socket of this.#sockets) socket.destroy();
    return closed;
  }

  /** The port was free for a moment; should somebody have taken it, it is asked for again until they are gone. */
  async #listenAgain(): Promise<void> {
    while (!this.#disposed && this.#doors === undefined && this.state.health === 'serving') {
      try {
        await this.listen(this.#host, this.#port);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    // Health may have changed back while the socket was being opened.
    this.followHealth();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      if (socket.remotePort !== undefined) this.#beforeTls.delete(socket.remotePort);
    });
    const { state } = this;
    const speaksFirst = state.tcpHealthChecks.find(({ send, receive }) => send.length === 0 && receive.length > 0);
    const banner = speaksFirst && setTimeout(() => this.#speakFirst(socket, speaksFirst.receive), BANNER_AFTER_MS);
    if (banner) socket.once('close', () => clearTimeout(banner));
    this.serve(socket, { standIn: state, tls: undefined, proxyProtocol: undefined }, () => clearTimeout(banner));
  }

  #speakFirst(socket: Socket, banner: Buffer): void {
    this.state.healthChecks++;
    if (this.state.health === 'maintenance') socket.destroy();
    else socket.write(banner);
  }

  /** Finds out what is spoken and hands the socket over with all its bytes unread. `onFirstBytes` is called when there are any. */
  serve(socket: Duplex, connection: Connection, onFirstBytes?: () => void): void {
    let bytes: Buffer = Buffer.alloc(0);
    let { proxyProtocol } = connection;
    let timer: NodeJS.Timeout | undefined;
    let silent = true;
    const withProxy = (): Connection =>
      proxyProtocol === connection.proxyProtocol ? connection : { ...connection, proxyProtocol };
    const handOver = (spoken: Spoken): void => {
      clearTimeout(timer);
      socket.off('readable', onReadable);
      socket.off('end', onEnd);
      if (bytes.length > 0) socket.unshift(bytes);
      this.#handOver(socket, withProxy(), spoken);
    };
    const onReadable = (): void => {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) return;
      if (silent) onFirstBytes?.();
      silent = false;
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      if (proxyProtocol === undefined) {
        const reading = readProxyProtocol(bytes);
        if (reading.kind === 'header') {
          proxyProtocol = reading.header;
          bytes = bytes.subarray(reading.length);
        }
        if (reading.kind === 'undecided') {
          wait();
          return;
        }
      }
      const spoken = spokenIn(bytes, this.state.tcpHealthChecks);
      if (spoken.kind === 'undecided') wait();
      else handOver(spoken);
    };
    const wait = (): void => {
      timer ??= setTimeout(() => bytes.length > 0 && handOver({ kind: 'tcp' }), UNDECIDED_MS);
    };
    const onEnd = (): void => {
      clearTimeout(timer);
      if (bytes.length > 0) {
        // They cannot be put back any more.
        serveShortTcp(this.#protocols.log, socket, withProxy(), bytes);
        return;
      }
      if (silent && this.state.onlyConnectIsChecked) this.state.healthChecks++;
      socket.end();
    };
    socket.on('error', () => socket.destroy());
    socket.once('close', () => clearTimeout(timer));
    socket.on('readable', onReadable);
    socket.once('end', onEnd);
  }

  #handOver(socket: Duplex, connection: Connection, spoken: Spoken): void {
    switch (spoken.kind) {
      case 'http/1.1':
        this.#protocols.serveHttp1(socket, connection);
        return;
      case 'h2':
        this.#protocols.serveHttp2(socket, connection);
        return;
      case 'tls':
        void this.#serveTls(socket, connection);
        return;
      case 'tcp-health-check':
        serveTcpHealthCheck(socket, connection, spoken.check);
        return;
      case 'tcp':
      case 'undecided':
        serveRawTcp(this.#protocols.log, socket, connection);
        return;
      default:
        spoken satisfies never;
    }
  }

  async #serveTls(socket: Duplex, connection: Connection): Promise<void> {
    const remotePort = (socket as Socket).remotePort;
    if (connection.proxyProtocol && remotePort !== undefined) this.#beforeTls.set(remotePort, connection.proxyProtocol);
    this.#tls ??= createTlsServer(this.#protocols.pki, this.state, (secure) => {
      const clientCertificate = secure.getPeerX509Certificate() !== undefined;
      const serverName = typeof secure.servername === 'string' ? secure.servername : undefined;
      this.serve(secure, {
        standIn: this.state,
        tls: { serverName, clientCertificate },
        proxyProtocol: this.#beforeTls.get(secure.remotePort ?? -1),
      });
    });
    try {
      const server = await this.#tls;
      if (!socket.destroyed) server.emit('connection', socket as Socket);
    } catch {
      socket.destroy();
    }
  }
}
