import type { StageName } from '../../render/ids.ts';
import type { Revision } from '../ids.ts';
import { isTerminal, occupiesStage } from '../promotion/promotion.ts';
import type { PipelineTransaction } from '../store/pipeline-store.ts';
import type { EnginePorts } from './ports.ts';
import { requestPromotion } from './requests.ts';
import { readableMesh } from './source/readable-mesh.ts';
import { AUTO, policyAt, rulingRevision } from './step.ts';
import { sweep } from './timers.ts';
import { sweepVerifications } from './verification/advance-verification.ts';

/** How often the protected branch, the targets and lost promotions are looked at. */
export const LOOK_EVERY_MS = 20_000;

/**
 * Starts what goes by itself: a new head of the protected branch in the first stage, what landed in the stage before in the others;
 * `auto: true` alone. Finds promotions that nobody moves on, and has drift looked for. Enqueues itself for the next time.
 */
export async function lookForRevisions(ports: EnginePorts, signal: AbortSignal): Promise<void> {
  const { store } = ports;
  await store.transact((tx) =>
    tx.enqueue(
      { kind: 'look-for-revisions' },
      { atEpochMs: tx.nowEpochMs + LOOK_EVERY_MS, key: 'look-for-revisions next' },
    ),
  );
  await sweep(ports);
  await sweepVerifications(ports);
  const { config, revision: head, instead } = await readableMesh(ports, signal);
  for (const { name } of config.stages)
    await store.transact((tx) =>
      tx.enqueue({ kind: 'look-for-drift', stage: name }, { key: `look-for-drift ${name}` }),
    );
  // A head that cannot be read starts nothing; what is live goes on under its own gates. That it cannot be asked for is told.
  if (instead !== undefined) return void (await ports.source.head(signal));
  for (const [index, { name }] of config.stages.entries()) {
    const before = config.stages[index - 1]?.name;
    const wanted = before === undefined ? head : (await store.read.stage(before)).live?.revision;
    if (wanted) await startByItself(name, wanted, ports, signal);
  }
}

async function startByItself(
  name: StageName,
  revision: Revision,
  ports: EnginePorts,
  signal: AbortSignal,
): Promise<void> {
  const stage = await ports.store.read.stage(name);
  if (stage.live?.revision === revision || stage.hold) return;
  const ruling = rulingRevision(stage, revision);
  const { auto } = await policyAt(ports, ruling, name, signal);
  if (!auto || !(await ports.source.isReachable(revision, signal))) return;
  if (await isBehind(revision, stage.live?.revision, ports, signal)) return;
  await ports.store.transact(async (tx) => {
    const now = await tx.stage(name);
    if (now.version !== stage.version || (await wasTried(tx, name, revision))) return;
    const { nowEpochMs } = tx;
    const reason = 'a new revision landed';
    const request = {
      stage: name,
      purpose: 'promote',
      revision,
      digest: undefined,
      by: AUTO,
      atEpochMs: nowEpochMs,
    } as const;
    // Nobody's own request is replaced by what goes by itself, unless it waits for an older revision of its own kind.
    if (
      (await tx.openPromotions(name)).some(
        ({ request: { by }, state }) => by.kind === 'person' && !occupiesStage(state),
      )
    )
      return;
    await requestPromotion(tx, { ...request, reason, retryOf: undefined });
  });
}

/** Going back is for people: a stage that is ahead of the one before it (a hotfix) stays there. */
async function isBehind(
  revision: Revision,
  live: Revision | undefined,
  { source }: EnginePorts,
  signal: AbortSignal,
): Promise<boolean> {
  return live !== undefined && (await source.isAncestor(revision, live, signal));
}

/** Each revision goes to a stage by itself once: what was rolled back, refused or cancelled there is for people to ask for again. */
async function wasTried(tx: PipelineTransaction, stage: StageName, revision: Revision): Promise<boolean> {
  const earlier = await tx.promotions({ stage, limit: 200 });
  return earlier.some(
    ({ request, state }) => request.revision === revision && (!isTerminal(state) || state.kind !== 'superseded'),
  );
}
