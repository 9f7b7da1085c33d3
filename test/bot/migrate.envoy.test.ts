import { expect, test } from 'vitest';
import { migrateBot } from '../../bot/store/migrate.ts';
import { openStore } from '../../pipeline/store/open-store.ts';
import { NO_POSTGRESQL, startPostgresql } from '../real/postgresql.ts';

const REPLICAS = 6;

test.skipIf(NO_POSTGRESQL)(
  'replicas that start at once on an empty PostgreSQL make the tables once, and all start',
  async () => {
    await using server = await startPostgresql();
    const clock = { nowEpochMs: () => 1_700_000_000_000 };
    await using stack = new AsyncDisposableStack();
    const stores = [];
    for (let replica = 0; replica < REPLICAS; replica++)
      stores.push(stack.use(await openStore({ kind: 'postgresql', url: server.url }, { clock, toolVersion: 'test' })));
    const outcomes = await Promise.allSettled(stores.map((store) => migrateBot(store)));
    expect(outcomes.map(({ status }) => status)).toEqual(stores.map(() => 'fulfilled'));
  },
);
