import type { CompiledQuery } from 'kysely';
import pg from 'pg';
import { StoreError } from './store-error.ts';

/** One connection, lent. */
export type Connection = {
  rows<Row>(query: CompiledQuery<Row>): Promise<readonly Row[]>;
  sql<Row>(text: string, params: readonly unknown[]): Promise<readonly Row[]>;
  /** The rows of the last of several statements, without parameters. */
  batch<Row>(text: string): Promise<readonly Row[]>;
  /** For pg-boss: values as `pg` gives them by default. */
  plain(text: string, params?: readonly unknown[]): Promise<{ rows: unknown[] }>;
};

export type Connections = AsyncDisposable & {
  readonly pool: pg.Pool;
  /**
   * Lends a connection to `work`, and takes it back outside of any transaction: what `work` left open when it threw is rolled back, and a
   * connection that was lost is thrown away. Never runs `work` again. Rejects with what `work` rejects with, or `StoreError` when none can
   * be had.
   */
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
};

const INT8 = 20;
/** `bigint` as a number: sequence numbers and epoch milliseconds stay far below 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format: 'text' | 'binary') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** `beforeConnect` makes sure that there is something to connect to. */
export function connections(config: pg.PoolConfig, beforeConnect: () => Promise<void>): Connections {
  const pool = new pg.Pool(config);
  pool.on('error', () => {}); // an idle connection was lost; the next use opens another
  // Between the pool's listener and that of `use` a lost connection would have none, and an error that nobody hears ends the process.
  pool.on('connect', (client) => void client.on('error', () => {}));

  async function borrow(): Promise<pg.PoolClient> {
    if (pool.idleCount === 0) await beforeConnect();
    try {
      return await pool.connect();
    } catch (error) {
      throw storeError(error);
    }
  }

  return {
    pool,
    async use(work) {
      const client = await borrow();
      let lost: Error | undefined;
      const onError = (error: Error): void => {
        lost = error;
      };
      client.on('error', onError);
      try {
        return await work(connectionOf(client));
      } catch (error) {
        if (isConnectionFault(error)) lost ??= error as Error;
        else
          await client.query('ROLLBACK').catch((fault: Error) => {
            lost ??= fault;
          });
        throw error;
      } finally {
        client.off('error', onError);
        client.release(lost);
      }
    },
    async [Symbol.asyncDispose]() {
      await pool.end();
    },
  };
}

function connectionOf(client: pg.PoolClient): Connection {
  return {
    rows: async (query) =>
      (await client.query({ text: query.sql, values: [...query.parameters], types })).rows as never,
    sql: async (text, params) => (await client.query({ text, values: [...params], types })).rows as never,
    batch: async (text) => {
      const results = (await client.query({ text, types })) as unknown as pg.QueryResult | pg.QueryResult[];
      return (Array.isArray(results) ? (results.at(-1)?.rows ?? []) : results.rows) as never;
    },
    plain: async (text, params) => {
      const results = (await (params ? client.query(text, [...params]) : client.query(text))) as unknown as
        | pg.QueryResult
        | pg.QueryResult[];
      return { rows: Array.isArray(results) ? results.flatMap(({ rows }) => rows) : results.rows };
    },
  };
}

/** Codes of Node's sockets, and classes and codes of PostgreSQL (appendix A of its manual) after which a connection is of no use. */
const LOST_SOCKETS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const LOST_SESSIONS = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '53300']);

/** Whether the connection, rather than what was asked, is what failed. */
export function isConnectionFault(error: unknown): boolean {
  if (error instanceof StoreError) return error.code === 'store-gone';
  if (!(error instanceof Error)) return false;
  const { code, message } = error as Error & { code?: string };
  if (code !== undefined && (LOST_SOCKETS.has(code) || LOST_SESSIONS.has(code) || code.startsWith('08'))) return true;
  return (
    code === undefined &&
    /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Query read timeout|Client was closed)/.test(
      message,
    )
  );
}

/** The fault in plain words, without what `pg` may say of the URL. */
export function storeError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { code = '', message } = error as Error & { code?: string };
  if (isConnectionFault(error))
    return new StoreError('store-gone', `the database does not answer (${code || message})`);
  return new StoreError('store-refused', `the database refused: ${message}`);
}
