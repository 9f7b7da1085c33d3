import { afterAll, beforeAll, expect, test } from 'vitest';
import { pollUntil } from '../../conformance/poll-until.ts';
import { beginMatrix, claimCell, claimOf, endCell } from '../../pipeline/engine/matrix/cells.ts';
import { matrixOfStage } from '../../pipeline/engine/verification/verification.ts';
import {
  addVerification,
  beginVerification,
  endVerification,
} from '../../pipeline/engine/verification/verification-rows.ts';
import type { EvidenceId, Revision, VerificationId } from '../../pipeline/ids.ts';
import type { Digest, StageName } from '../../render/ids.ts';
import type { Message } from '../slack/model.ts';
import { answer, CHANNEL, type Rig, type SharedStore, sharedStore, startRig } from './rig.ts';

let shared: SharedStore;
beforeAll(async () => {
  shared = await sharedStore();
});
afterAll(() => shared[Symbol.asyncDispose]());

const ELSEWHERE = 'C0GENERAL';
const REVISION = '0123456789abcdef0123456789abcdef01234567' as Revision;
const [BETA, CANARY] = ['beta', 'canary'] as StageName[] as [StageName, StageName];
const finding = {
  rule: 'a-rule',
  severity: 'error',
  at: { file: 'routes/a.yaml', line: 3, column: 1 },
  saw: '<!channel>',
  want: 'y',
} as const;

/** The pipeline begins one verification, whoever asks; what workers do is done by the test. */
async function begun(rig: Rig): Promise<VerificationId> {
  const { store } = rig;
  const id = await addVerification(store, { revision: REVISION, askedBy: 'slack:T0MESHGATE/U0ADA', askedEpochMs: 1 });
  rig.pipeline.onAsk = async () => ({ ...answer('shown', `${id}: is being proved`), verification: id });
  return id;
}
const stageOf = (stage: StageName) => ({ stage, digest: 'd1' as Digest, baseDigest: undefined, findings: [] });

async function workersBegin({ store }: Rig, id: VerificationId): Promise<void> {
  await beginVerification(store, id, [stageOf(BETA), stageOf(CANARY)]);
  for (const stage of [BETA, CANARY]) {
    const matrix = matrixOfStage(id, stageOf(stage));
    if (matrix) await beginMatrix(store, matrix, stage === BETA ? ['1.36.4', '1.40.0'] : ['1.40.0']);
  }
}
async function cellEnds({ store }: Rig, id: VerificationId, stage: StageName, verdict: 'pass' | 'fail'): Promise<void> {
  const matrix = matrixOfStage(id, stageOf(stage));
  if (!matrix) throw new Error('no matrix');
  const run = { id: 'w', attempt: 0 };
  await claimCell(store, matrix, '1.40.0', { run, nowEpochMs: 1, leaseMs: 1 });
  const report: EvidenceId = await store.transact((tx) =>
    tx.keep('cell-report', JSON.stringify({ findings: [finding] })),
  );
  await endCell(store, matrix, '1.40.0', claimOf(run), {
    verdict,
    cached: false,
    basis: '',
    message: undefined,
    report,
  });
}
const inWords = ({ text, blocks }: Message): string => JSON.stringify([text, blocks]);
const told = (rig: Rig, channel: string, threadTs?: string): readonly Message[] =>
  rig.workspace
    .messages(channel)
    .filter((each) => each.botId !== undefined && each.visibleTo === undefined && each.threadTs === threadTs)
    .filter((each) => inWords(each).includes('verify:'));
const showing = (rig: Rig, words: string, channel = CHANNEL, threadTs?: string): Promise<Message> =>
  rig.workspace.eventually(
    `the verification with ${words}`,
    () => told(rig, channel, threadTs).find((message) => inWords(message).includes(words)),
    15_000,
  );

test('one message where it was asked for shows the grid as it fills, and the outcome; with two replicas, asked twice', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  await rig.bot();
  await rig.bot();
  const id = await begun(rig);
  rig.workspace.faults.nextDeliveries(1, { kind: 'duplicate' });
  await rig.workspace.as('U0ADA').command('/mesh', 'verify main', CHANNEL);
  await showing(rig, 'waits for a worker');
  await rig.workspace.as('U0LIN').command('/mesh', 'verify main', CHANNEL);
  await workersBegin(rig, id);
  const begins = await showing(rig, '0 of 3 cells ended');
  expect(inWords(begins)).toMatch(/beta +· waits +· waits/);
  await cellEnds(rig, id, BETA, 'fail');
  const filling = await showing(rig, '1 of 3 cells ended');
  expect(inWords(filling)).toMatch(/beta +· waits +✗ fail/);
  await endVerification(rig.store, id, { verdict: 'fail', message: undefined, findings: [], atEpochMs: 2 });
  const ended = await showing(rig, 'fails');
  expect(ended.ts).toBe(begins.ts);
  expect(inWords(ended)).toContain('routes/a.yaml:3');
  expect(inWords(ended)).not.toContain('<!channel>');
  await rig.emptyInbox();
  expect(told(rig, CHANNEL)).toHaveLength(1);
  // Nothing looks at it any more.
  await pollUntil('a settled message', 15_000, new AbortController().signal, async () => {
    const rows = await rig.store.sql<{ settled: boolean }>(
      `SELECT settled FROM meshgate.bot_live WHERE subject LIKE 'verify:%'`,
      [],
    );
    return rows.every(({ settled }) => settled) || undefined;
  });
});

test('asked in a thread it is told there; where the bot may not speak, in its own channel', async () => {
  await using rig = await startRig({ rateSpeed: 0 }, shared);
  await rig.bot();
  const id = await begun(rig);
  const root = rig.workspace.as('U0ADA').say('is main fine?', CHANNEL);
  await rig.workspace.as('U0ADA').say('<@U0MESHGATE> verify main', CHANNEL, root.message.ts).taken;
  await showing(rig, id, CHANNEL, root.message.ts);
  expect(told(rig, CHANNEL)).toEqual([]);
  // As in a channel that nobody invited it into.
  const elsewhere = rig.workspace.state.channels.get(ELSEWHERE);
  if (!elsewhere) throw new Error('no such channel');
  const members = elsewhere.members.filter((member) => member !== 'U0MESHGATE');
  rig.workspace.state.channels.set(ELSEWHERE, { ...elsewhere, members });
  await rig.workspace.as('U0ADA').command('/mesh', 'verify main', ELSEWHERE);
  await showing(rig, id);
  expect(told(rig, ELSEWHERE)).toEqual([]);
});
