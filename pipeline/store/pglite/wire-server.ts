import { chmod } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import type { PGlite } from '@electric-sql/pglite';
import { type WireUnit, WireUnits } from './wire-messages.ts';

export type WireServer = AsyncDisposable;

type Client = { readonly socket: Socket; readonly waiting: WireUnit[]; gone: boolean };

/** A transaction that is left open without a word for so long is rolled back and its client cut off: it keeps all others out. */
const IDLE_IN_TRANSACTION_MS = 15_000;

/**
 * Serves one PGlite to many clients on a unix socket of mode 0600. All of them share one backend session, so it is lent out whole: from
 * the first message of a client until PostgreSQL says that it is in no transaction. A client that goes while it has the loan is rolled
 * back. Why not `PGLiteSocketServer`: see `docs/decisions/0021-embedded-store.md`. Rejects when the socket cannot be bound.
 */
export async function startWireServer(db: PGlite, path: string): Promise<WireServer> {
  const clients = new Set<Client>();
  let borrower: Client | undefined;
  let busy = false;
  let patience: NodeJS.Timeout | undefined;

  const nextClient = (): Client | undefined => {
    if (borrower) return borrower.waiting.length > 0 ? borrower : undefined;
    for (const client of clients) if (client.waiting.length > 0) return client;
    return undefined;
  };

  /** One unit at a time; who was served goes to the end of the line. */
  async function serve(): Promise<void> {
    if (busy) return;
    busy = true;
    try {
      for (let client = nextClient(); client; client = nextClient()) {
        clearTimeout(patience);
        const unit = client.waiting.shift();
        if (!unit) continue;
        const status = await answer(client, unit);
        clients.delete(client);
        if (!client.gone) clients.add(client);
        borrower = status === 'idle' ? undefined : client;
        if (borrower?.gone) await rollBack();
        // From its own last word on, and for it alone: neither shorter nor longer because others come.
        else if (borrower) patience = setTimeout(() => client.socket.destroy(), IDLE_IN_TRANSACTION_MS).unref();
      }
    } finally {
      busy = false;
    }
  }

  async function answer(client: Client, unit: WireUnit): Promise<'idle' | 'in-transaction'> {
    let last: Buffer = Buffer.alloc(0);
    try {
      await db.runExclusive(() =>
        db.execProtocolRawStream(unit.bytes, {
          onRawData: (data) => {
            if (data.length === 0) return;
            last = Buffer.from(data); // the memory is PGlite's own, and used again
            if (client.socket.writable) client.socket.write(last);
          },
        }),
      );
    } catch (error) {
      client.socket.destroy(error as Error);
    }
    return readyStatus(last) ?? (db.isInTransaction() ? 'in-transaction' : 'idle');
  }

  async function rollBack(): Promise<void> {
    borrower = undefined;
    await db.exec('ROLLBACK');
  }

  const server = createServer((socket) => {
    const client: Client = { socket, waiting: [], gone: false };
    const units = new WireUnits();
    clients.add(client);
    socket.on('data', (bytes) => {
      try {
        for (const unit of units.push(bytes)) {
          if (unit.kind === 'ask-for-tls') socket.write('N');
          else if (unit.kind === 'end' || unit.kind === 'cancel') socket.end();
          else client.waiting.push(unit);
        }
      } catch (error) {
        socket.destroy(error as Error);
      }
      void serve();
    });
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => {
      client.gone = true;
      client.waiting.length = 0;
      clients.delete(client);
      // While a unit of its own runs, `serve` sees afterwards that it is gone.
      if (borrower === client && !busy) {
        busy = true;
        void rollBack().finally(() => {
          busy = false;
          void serve();
        });
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
  return {
    async [Symbol.asyncDispose]() {
      clearTimeout(patience);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const { socket } of clients) socket.destroy();
      await closed;
    },
  };
}

/** What a ReadyForQuery at the end of an answer says; undefined where the answer ends otherwise. */
function readyStatus(bytes: Buffer): 'idle' | 'in-transaction' | undefined {
  if (bytes.length < 6 || bytes.readUInt8(bytes.length - 6) !== 0x5a || bytes.readInt32BE(bytes.length - 5) !== 5)
    return undefined;
  return bytes.readUInt8(bytes.length - 1) === 0x49 ? 'idle' : 'in-transaction';
}
