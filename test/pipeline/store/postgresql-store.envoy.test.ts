import { afterAll, beforeAll, describe, test } from 'vitest';
import { NO_POSTGRESQL, type Postgresql, startPostgresql } from '../../real/postgresql.ts';
import { tamperContract } from '../audit/tamper-contract.ts';
import { jobContract } from './job-contract.ts';
import { storeContract } from './store-contract.ts';
import { postgresqlPlace } from './store-places.ts';

if (NO_POSTGRESQL !== undefined) test.skip(`PostgreSQL: ${NO_POSTGRESQL}`, () => {});
else
  describe('on a real PostgreSQL', () => {
    let server: Postgresql;
    beforeAll(async () => {
      server = await startPostgresql();
    });
    afterAll(() => server?.[Symbol.asyncDispose]());
    const place = () => postgresqlPlace(server);
    storeContract('the PostgreSQL store', place);
    jobContract('jobs in PostgreSQL', place);
    tamperContract('tampering with PostgreSQL', place);
  });
