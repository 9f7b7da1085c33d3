import { expect, test } from 'vitest';
import { startJobs } from '../../../pipeline/store/jobs/start-jobs.ts';
import { openStore } from '../../../pipeline/store/open-store.ts';
import { NO_POSTGRESQL, startPostgresql } from '../../real/postgresql.ts';
import { BETA, BY_ADA, ofStage } from './sample-facts.ts';
import { until } from './until.ts';

const SETTINGS = { clock: { nowEpochMs: () => 1_000 }, toolVersion: 'test' };

test.skipIf(NO_POSTGRESQL)(
  'a database that is gone is said in plain words, and the same store goes on when it is back',
  async () => {
    await using server = await startPostgresql();
    const url = (await server.database('gone')).replace('postgres@', 'postgres:s3cret@');
    await using store = await openStore({ kind: 'postgresql', url }, SETTINGS);
    const done: string[] = [];
    const faults: unknown[] = [];
    await using _runner = await startJobs(
      store,
      { 'look-for-drift': async ({ stage }) => void done.push(stage) },
      { onFault: (fault) => faults.push(fault) },
    );
    const append = () =>
      store.transact(async (tx) => {
        await tx.append(BY_ADA, ofStage({ kind: 'numbered', counter: 1 }));
        await tx.enqueue({ kind: 'look-for-drift', stage: BETA });
      });
    await append();
    await until('the first job', () => done.length === 1);
    await server.kill();
    const fault = await append().then(
      () => undefined,
      (error: Error) => error,
    );
    expect(fault).toMatchObject({ name: 'StoreError', code: 'store-gone' });
    expect(fault?.message).toMatch(/^store-gone: the database does not answer/);
    await until('the runner to be told', () => faults.length > 0);
    await server.start();
    await append();
    await until('the second job', () => done.length === 2);
    expect((await store.read.audit(1, 10)).length).toBe(2);
  },
);

test('a URL that cannot be used is refused without its password', async () => {
  for (const url of [
    'postgresql://u:s3cret@127.0.0.1:1/x',
    'mysql://u:s3cret@h/x',
    'postgresql://u:s3c ret@[::1/x',
    's3cret',
  ]) {
    const fault = await openStore({ kind: 'postgresql', url }, SETTINGS).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(fault?.name).toBe('StoreError');
    expect(`${fault?.stack} ${JSON.stringify(fault)} ${fault?.cause}`).not.toMatch(/s3c/);
  }
});
