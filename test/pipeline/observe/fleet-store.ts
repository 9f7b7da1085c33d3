import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect } from 'kysely';
import type { FleetStore } from '../../../pipeline/observe/store-fleet-sink.ts';
import { fleet } from '../../../pipeline/store/migrations/0002-fleet.ts';
import { serviceMap } from '../../../pipeline/store/migrations/0006-service-map.ts';
import { fleetFindings } from '../../../pipeline/store/migrations/0008-fleet-findings.ts';
import { ramps } from '../../../pipeline/store/migrations/0009-ramps.ts';

/** A database in memory with the tables of the fleet. `fail` makes it gone. */
export async function fleetStore() {
  const database = await PGlite.create();
  await database.exec('CREATE SCHEMA meshgate');
  for (const step of [fleet, serviceMap, fleetFindings, ramps])
    await step.up(new Kysely<unknown>({ dialect: new PGliteDialect({ pglite: database }) }));
  let gone = false;
  let statements = 0;
  const store: FleetStore = {
    async sql<Row>(query: string, params: readonly unknown[]): Promise<readonly Row[]> {
      if (gone) throw new Error('the database is gone');
      statements += 1;
      return (await database.query<Row>(query, [...params])).rows;
    },
  };
  return {
    ...store,
    statements: () => statements,
    setGone(now: boolean) {
      gone = now;
    },
    [Symbol.asyncDispose]: () => database.close(),
  };
}
