import type { Verdict } from '../../../conformance/cell.ts';
import { worstOf } from '../../../conformance/cell.ts';
import { hasErrors } from '../../../render/finding.ts';
import type { StageName } from '../../../render/ids.ts';
import type { VerificationId } from '../../ids.ts';
import type { PipelineTransaction } from '../../store/pipeline-store.ts';
import { wordsOf } from '../attempts.ts';
import { keepSnapshot } from '../delivered-snapshot.ts';
import { engineFinding } from '../engine-finding.ts';
import { beginMatrix, reopenCell } from '../matrix/cells.ts';
import { CELL_LEASE_MS } from '../matrix/run-cell.ts';
import type { EnginePorts } from '../ports.ts';
import { rulingRevision, stageAt } from '../step.ts';
import { matrixOfStage, type Verification, type VerifiedStage } from './verification.ts';
import {
  beginVerification,
  endVerification,
  lostVerifications,
  noteLook,
  noteTrouble,
  readVerification,
} from './verification-rows.ts';

/** How often a cell is run when nobody could tell. */
const ATTEMPTS = 2;
const LOOK_EVERY_MS = 30_000;
/** A job that is this late was lost with the process that had it. */
const OVERDUE_MS = 3 * LOOK_EVERY_MS;
/** A repository or target may be away for a while. */
const BEGIN_WITHIN_MS = 10 * 60_000;
const END_WITHIN_MS = 2 * 3_600_000;

/**
 * Moves a verification on as far as it goes now: reads what the target of every stage holds, has the cells run by whichever workers
 * there are, and puts together what they said. May run any number of times, and be stopped anywhere.
 */
export async function advanceVerification(id: VerificationId, ports: EnginePorts, signal: AbortSignal): Promise<void> {
  const { store, clock } = ports;
  const seen = await readVerification(store, id);
  if (!seen || seen.state === 'ended') return;
  await lookAgain(ports, id);
  const age = clock.nowEpochMs() - seen.askedEpochMs;
  if (age >= END_WITHIN_MS || (seen.state === 'asked' && age >= BEGIN_WITHIN_MS && seen.message !== undefined))
    return endIt(ports, id, 'inconclusive', seen.message ?? 'it took longer than two hours');
  if (seen.state === 'asked') {
    try {
      await begin(seen, ports, signal);
    } catch (fault) {
      if (!signal.aborted) await noteTrouble(store, id, wordsOf(fault));
      throw fault;
    }
  }
  await gather(id, ports);
}

/** Once more what was lost: jobs die with their workers. */
export async function sweepVerifications({ store }: EnginePorts): Promise<void> {
  await store.transact(async (tx) => {
    for (const id of await lostVerifications(tx, tx.nowEpochMs - OVERDUE_MS)) await wakeVerification(tx, id);
  });
}

export const wakeVerification = (tx: PipelineTransaction, id: VerificationId): Promise<void> =>
  tx.enqueue({ kind: 'verify', verification: id }, { key: `verify ${id}` });

async function lookAgain({ store }: EnginePorts, id: VerificationId): Promise<void> {
  await store.transact(async (tx) => {
    await noteLook(tx, id, tx.nowEpochMs);
    const atEpochMs = tx.nowEpochMs + LOOK_EVERY_MS;
    await tx.enqueue({ kind: 'verify', verification: id }, { atEpochMs, key: `verify ${id} later` });
  });
}

async function endIt(ports: EnginePorts, id: VerificationId, verdict: Verdict, message?: string): Promise<void> {
  await ports.store.transact((tx) =>
    endVerification(tx, id, { verdict, message, findings: [], atEpochMs: tx.nowEpochMs }),
  );
}

async function begin({ id, revision }: Verification, ports: EnginePorts, signal: AbortSignal): Promise<void> {
  const { store, source, revisions } = ports;
  const refused = async (findings: Verification['findings']): Promise<void> =>
    store.transact((tx) =>
      endVerification(tx, id, { verdict: 'fail', message: undefined, findings, atEpochMs: tx.nowEpochMs }),
    );
  // History may have been rewritten since it was asked for; checks are code, and code from elsewhere is not run.
  if (!(await source.isReachable(revision, signal))) {
    const saw = `revision ${revision.slice(0, 12)}, which is not on ${source.name}`;
    return refused([engineFinding('revision-not-reachable', undefined, saw, 'a revision that was merged')]);
  }
  const read = await revisions.config(revision, signal);
  if (read.kind === 'broken') return refused(read.findings);
  const stages: (Awaited<ReturnType<typeof stageFrom>> & { readonly envoys: readonly string[] })[] = [];
  for (const { name, envoys } of read.config.stages)
    stages.push({ ...(await stageFrom(name, revision, ports, signal)), envoys: envoys.map(({ version }) => version) });
  await store.transact(async (tx) => {
    const rows = stages.map(({ before, after, at }) => ({ ...at, baseDigest: before?.digest, digest: after?.digest }));
    if (!(await beginVerification(tx, id, rows))) return;
    for (const [index, { before, envoys }] of stages.entries()) {
      const matrix = rows[index] && matrixOfStage(id, rows[index]);
      if (!matrix) continue;
      if (before) await keepSnapshot(tx, before);
      await beginMatrix(tx, matrix, envoys);
    }
  });
}

/** What its target holds, and what the revision renders to from there. */
async function stageFrom(name: StageName, revision: Verification['revision'], ports: EnginePorts, signal: AbortSignal) {
  const record = await ports.store.read.stage(name);
  const ruling = await stageAt(ports, rulingRevision(record, revision), name, signal);
  let before: Parameters<typeof keepSnapshot>[1] | undefined;
  if (ruling.target) {
    await using target = await ports.openTarget(ruling);
    const held = await target.read(signal);
    if (held.kind === 'delivery') before = held.delivery.snapshot;
  }
  const rendered = await ports.revisions.stage(revision, name, before, signal);
  const findings = rendered?.findings ?? [];
  const after = hasErrors(findings) ? undefined : rendered?.snapshot;
  const at: Pick<VerifiedStage, 'stage' | 'findings'> = { stage: name, findings };
  return { before, after, at };
}

async function gather(id: VerificationId, { store }: EnginePorts): Promise<void> {
  await store.transact(async (tx) => {
    const seen = await readVerification(tx, id);
    if (seen?.state !== 'running') return;
    const verdicts: Verdict[] = [];
    let isOpen = false;
    for (const stage of seen.stages) {
      const matrix = matrixOfStage(id, stage);
      if (!matrix) verdicts.push('fail');
      for (const { envoy, state, attempt, verdict, claimedEpochMs } of stage.cells) {
        const again = state === 'done' && verdict === 'inconclusive' && attempt < ATTEMPTS;
        if (state === 'done' && !again) {
          verdicts.push(verdict ?? 'inconclusive');
          continue;
        }
        isOpen = true;
        if (again && matrix) await reopenCell(tx, matrix, envoy, { attempt: attempt + 1 });
        if (state === 'running' && claimedEpochMs + CELL_LEASE_MS > tx.nowEpochMs) continue;
        const job = { kind: 'verify-cell', verification: id, stage: stage.stage, envoy } as const;
        await tx.enqueue(job, { key: `verify-cell ${id} ${stage.stage} ${envoy} ${again ? attempt + 1 : attempt}` });
      }
    }
    if (isOpen) return;
    const end = { verdict: worstOf(verdicts), message: undefined, findings: [], atEpochMs: tx.nowEpochMs };
    await endVerification(tx, id, end);
  });
}
