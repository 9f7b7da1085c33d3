import { postgresqlPrograms, startPostgresql } from '../../test/real/postgresql.ts';

/** Where a benchmark keeps its state: what processes get to find it. */
export type BenchStore = { readonly kind: 'embedded' | 'postgresql'; readonly env: Readonly<Record<string, string>> };

/** Runs `work` on the embedded store, then on a PostgreSQL of its own (without fsync, as tests have it), where one is installed. */
export async function onBothStores(work: (store: BenchStore) => Promise<void>): Promise<void> {
  await work({ kind: 'embedded', env: {} });
  if (postgresqlPrograms() === undefined) {
    console.log('postgresql: not installed, not measured');
    return;
  }
  await using server = await startPostgresql();
  await work({ kind: 'postgresql', env: { DATABASE_URL: server.url } });
}
