import { jobHandlers } from '../../../pipeline/engine/job-handlers.ts';
import type { EnginePorts } from '../../../pipeline/engine/ports.ts';
import { startJobs } from '../../../pipeline/store/jobs/start-jobs.ts';
import { openStore } from '../../../pipeline/store/open-store.ts';
import type { StoreLocation } from '../../../pipeline/store/store-location.ts';
import { BY_ADA, ofStage } from './sample-facts.ts';

/*
 * A process of its own, for tests that kill it: `node store-process.ts LOCATION TASK COUNT`. It says what it has done, a line each,
 * and only then.
 */
const [location = '', task = '', count = '0'] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const store = await openStore(JSON.parse(location) as StoreLocation, {
  clock: { nowEpochMs: () => Date.now() },
  toolVersion: 'test',
});
say('open');

const append = (counter: number): Promise<void> =>
  store.transact((tx) => tx.append(BY_ADA, ofStage({ kind: 'numbered', counter })));

let seq = 0;

switch (task) {
  case 'append':
    for (let n = 1; n <= Number(count); n++) {
      await append(n);
      for (
        let page = await store.read.audit(seq + 1, 1_000);
        page.length > 0;
        page = await store.read.audit(seq + 1, 1_000)
      )
        seq = page.at(-1)?.seq ?? seq;
      say(`stored ${seq}`);
    }
    break;
  case 'hold-transaction':
    await store.transact(async (tx) => {
      await tx.append(BY_ADA, ofStage({ kind: 'held', reason: 'never to be seen', promotion: undefined }));
      await tx.keep('note', 'never to be seen');
      say('inside');
      await new Promise(() => setInterval(() => {}, 1_000));
    });
    break;
  case 'hold-job':
    await startJobs(store, {
      'look-for-drift': async () => {
        say('working');
        await new Promise(() => setInterval(() => {}, 1_000));
      },
    });
    await new Promise(() => {});
    break;
  case 'hold-cell': {
    const prove = async (): Promise<never> => {
      say('proving');
      return new Promise(() => setInterval(() => {}, 1_000));
    };
    const ports = { store, clock: { nowEpochMs: () => Date.now() }, prove } as unknown as EnginePorts;
    const { 'verify-cell': cell } = jobHandlers(ports);
    await startJobs(store, { 'verify-cell': cell });
    await new Promise(() => {});
    break;
  }
  case 'idle':
    await new Promise(() => setInterval(() => {}, 1_000));
    break;
  default:
    throw new Error(`no task ${task}`);
}
await store[Symbol.asyncDispose]();
say('done');
