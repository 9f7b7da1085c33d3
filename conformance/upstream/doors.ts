import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** The listening sockets of one port. */
export type Doors = {
  readonly port: number;
  /** Lets nobody in any more; resolves when those who are in have gone. */
  close(): Promise<void>;
};

export type DoorOptions = {
  readonly host: string;
  /** Default 0: the OS gives one. */
  readonly port?: number;
  /** One socket only, that shares its port with nobody: for one that closes and opens again, while another may take the port. */
  readonly alone: boolean;
  readonly onConnection: (socket: Socket) => void;
};

/** As many as a crowd gets, and as many as a turn then lets in. */
const MOST = 8;

/**
 * Listens on a port. Node takes one connection from a socket in each turn of its loop (libuv's `uv__server_io`, since 1.46). Where turns
 * are long, because the machine is busy, those in line wait for many of them: a TLS handshake that Envoy gives a second does not begin
 * within it, and the connections that Envoy gave up meanwhile stand in line before those that it opens instead. So once a connection
 * comes in right behind another, more sockets listen on the same port, and the kernel spreads who comes from then on over all of them
 * (Linux; elsewhere there is one). Rejects with the OS's own error.
 */
export async function openDoors({ host, port = 0, alone, onConnection }: DoorOptions): Promise<Doors> {
  const reusePort = !alone && process.platform === 'linux';
  const servers: Server[] = [];
  let mayWiden = reusePort;
  let closed: Promise<unknown> | undefined;
  /** Somebody came in during this turn, or the one before. */
  let behind = false;

  const letIn = (socket: Socket): void => {
    if (mayWiden && behind) widen();
    else if (mayWiden) {
      behind = true;
      setImmediate(() => setImmediate(() => (behind = false)));
    }
    onConnection(socket);
  };
  const open = async (at: number): Promise<number> => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, letIn);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port: at, host, reusePort }, resolve);
    });
    // Running out of file descriptors while accepting is told here; Envoy sees it as a refused connection, and so does the report.
    server.on('error', () => undefined);
    const given = (server.address() as AddressInfo).port;
    if (closed) server.close();
    else servers.push(server);
    return given;
  };
  const widen = (): void => {
    mayWiden = false;
    // With fewer doors it goes slower, and that is all.
    for (let doors = 1; doors < MOST; doors += 1) void open(given).catch(() => undefined);
  };
  const given = await open(port);
  return {
    port: given,
    async close() {
      mayWiden = false;
      closed ??= Promise.all(
        servers.map((server) => new Promise<void>((resolve) => void server.close(() => resolve()))),
      );
      await closed;
    },
  };
}
