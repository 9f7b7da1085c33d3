import { type Finding, hasErrors } from '../../../render/finding.ts';
import { shortDigest } from '../../../render/ids.ts';
import type { Snapshot } from '../../../render/snapshot.ts';
import type { Base, Plan } from '../../promotion/plan.ts';
import type { Promotion } from '../../promotion/promotion.ts';
import type { PipelineTransaction } from '../../store/pipeline-store.ts';
import type { Held } from '../../targets/target.ts';
import { changeOf } from '../change.ts';
import { deliveredSnapshot, keepSnapshot } from '../delivered-snapshot.ts';
import { engineFinding } from '../engine-finding.ts';
import { beginMatrix } from '../matrix/cells.ts';
import { recentVerdict } from '../matrix/verdicts.ts';
import type { EnginePorts, StageAtRevision } from '../ports.ts';
import { preflight } from '../preflight.ts';
import { record } from '../record.ts';
import { rollbackSource } from '../rollback-source.ts';
import { MOVED, moveOn, PIPELINE, policyAt, rulingRevision, type Step, type StepResult, stageAt } from '../step.ts';
import { targetBase } from '../target-base.ts';
import { enqueueCells } from './verify-step.ts';

/** Reads what is live from the target, renders what is proposed, and says what the way from there to here means. */
export const planStep: Step = async (promotion, ports, signal) => {
  if (promotion.state.kind !== 'planning') return MOVED;
  return promotion.request.purpose === 'rollback'
    ? planRollback(promotion, ports, signal)
    : planPromotion(promotion, ports, signal);
};

const refuse = (
  promotion: Promotion,
  findings: readonly Finding[],
  reason: string,
  ports: EnginePorts,
): Promise<StepResult> =>
  moveOn(ports, promotion, async (tx, now) => {
    await record(tx, PIPELINE, now, { kind: 'rejected', findings, by: PIPELINE, reason });
  });

/** The config of the revision, or what keeps it from being planned at all. Nothing of a revision from elsewhere is read. */
async function readable({ request }: Promotion, ports: EnginePorts, signal: AbortSignal): Promise<readonly Finding[]> {
  const { stage, revision } = request;
  if (!(await ports.source.isReachable(revision, signal)))
    return [
      engineFinding(
        'revision-not-reachable',
        stage,
        `revision ${revision.slice(0, 12)}, which is not on ${ports.source.name}`,
        'a revision that was merged: checks are code, and code from elsewhere is not run',
      ),
    ];
  const read = await ports.revisions.config(revision, signal);
  if (read.kind === 'broken') return read.findings;
  const names = read.config.stages.map(({ name }) => name);
  if (names.includes(stage)) return [];
  const saw = `no stage ${stage} in ${revision.slice(0, 12)}`;
  return [engineFinding('stage-not-in-revision', stage, saw, `one of ${names.join(', ')}`)];
}

async function planPromotion(promotion: Promotion, ports: EnginePorts, signal: AbortSignal): Promise<StepResult> {
  const { stage: name, revision } = promotion.request;
  const problems = await readable(promotion, ports, signal);
  if (problems.length > 0) return refuse(promotion, problems, 'it cannot be planned', ports);

  const record_ = await ports.store.read.stage(name);
  const ruling = rulingRevision(record_, revision);
  const policy = await policyAt(ports, ruling, name, signal);
  const next = await policyAt(ports, revision, name, signal);
  await using target = await ports.openTarget(await stageAt(ports, ruling, name, signal));
  const held = await target.read(signal);
  const { live } = record_;
  const isTakenOver = takesOver(promotion, held);
  const from = isTakenOver ? undefined : await targetBase(held, live, promotion.request, ports, signal);
  if (from?.kind === 'drift') {
    // Unless something landed between the two looks.
    if ((await ports.store.read.stage(name)).live?.promotion !== live?.promotion) return MOVED;
    return refuse(promotion, [from.finding], 'the target is not as promoted', ports);
  }

  const before = isTakenOver
    ? live && (await deliveredSnapshot(ports.store, name, live.digest))
    : held.kind === 'delivery'
      ? held.delivery.snapshot
      : undefined;
  const after = await ports.revisions.stage(revision, name, before, signal);
  if (!after?.snapshot || hasErrors(after.findings))
    return refuse(promotion, errorsOf(after), 'the static guards refuse it', ports);
  if (live?.revision === revision && live.digest === after.snapshot.digest && !isTakenOver) {
    const saw = `${name} has ${shortDigest(live.digest)} of ${revision.slice(0, 12)} already, promoted by ${live.promotion}`;
    return refuse(
      promotion,
      [engineFinding('already-live', name, saw, 'another revision')],
      'it is live already',
      ports,
    );
  }
  const again = await rolledBackBefore(promotion, after.snapshot, ports);
  if (again) return refuse(promotion, [again], 'it was rolled back here before', ports);
  const blind = await preflight(name, policy, live === undefined, ports, signal);
  if (hasErrors(blind)) return refuse(promotion, blind, 'the checks that would watch it can tell nothing', ports);
  const base: Base = isTakenOver
    ? { targetVersion: held.version, digest: before?.digest, revision: before && live?.revision }
    : baseOf(held);
  const plan = await planOfChange(promotion, { before, after: after.snapshot, at: after, base }, ports, signal);
  return moveOn(ports, promotion, async (tx, now) => {
    const same = await tx.stage(name);
    if (same.live?.promotion !== live?.promotion) return;
    const diff = await tx.keep('diff', plan.diffText);
    const snapshots = [
      await keepSnapshot(tx, after.snapshot as Snapshot),
      ...(before ? [await keepSnapshot(tx, before)] : []),
    ];
    const findings = [...(from?.note ? [from.note] : []), ...plan.plan.findings, ...blind];
    const versions = { policyVersion: policy.version, nextPolicyVersion: next.version };
    const whole: Plan = { ...plan.plan, ...versions, findings, diff };
    await beginCells(
      tx,
      now,
      whole,
      after.stage.envoys.map(({ version }) => version),
    );
    await record(tx, PIPELINE, now, { kind: 'planned', plan: whole }, [diff, ...snapshots]);
  });
}

async function planOfChange(
  { request }: Pick<Promotion, 'request'>,
  change: {
    readonly before: Snapshot | undefined;
    readonly after: Snapshot;
    readonly at: StageAtRevision;
    readonly base: Base;
  },
  { source }: EnginePorts,
  signal: AbortSignal,
): Promise<{ readonly diffText: string; readonly plan: Omit<Plan, 'diff' | 'policyVersion' | 'nextPolicyVersion'> }> {
  const { before, after, at, base } = change;
  const { revision } = request;
  // A base that is no longer in the repository (history was rewritten) has everybody as author and everything as touched.
  const from = base.revision && (await source.resolve(base.revision, signal));
  const [authors, touchedPaths] = await Promise.all([
    source.authors(from, revision, signal),
    source.changedPaths(from, revision, signal),
  ]);
  const { text, summary, blastRadius, panic } = changeOf(before, after, at.stage);
  const findings = [...at.findings.filter(({ severity }) => severity === 'warning'), ...panic];
  const plan = { revision, digest: after.digest, base, summary, blastRadius, authors, touchedPaths, findings };
  return { diffText: text, plan };
}

/**
 * What is in the target is this promotion's own, from a try that nobody could tell the end of, or what it was asked to adopt: no drift
 * for it. It is proved from what last landed, as that is what it is taken back to.
 */
function takesOver({ id, request }: Promotion, held: Held): boolean {
  if (held.kind === 'delivery' && held.delivery.manifest.promotion === id)
    return held.delivery.manifest.direction === 'forward';
  if (request.digest === undefined || held.kind === 'empty') return false;
  return request.digest === (held.kind === 'delivery' ? held.delivery.snapshot.digest : held.digest);
}

const baseOf = (held: Held): Base =>
  held.kind === 'delivery'
    ? { targetVersion: held.version, digest: held.delivery.snapshot.digest, revision: held.delivery.manifest.revision }
    : { targetVersion: held.version, digest: undefined, revision: undefined };

const errorsOf = (at: StageAtRevision | undefined): readonly Finding[] =>
  (at?.findings ?? []).filter(({ severity }) => severity === 'error');

/** People may try again what was rolled back; nothing does so by itself. */
async function rolledBackBefore(
  { id, request }: Promotion,
  { digest }: Snapshot,
  { store }: EnginePorts,
): Promise<Finding | undefined> {
  if (request.by.kind !== 'system' || request.by.part !== 'auto') return undefined;
  const earlier = await store.read.promotions({ stage: request.stage, limit: 200 });
  const bad = earlier.find(
    (other) => other.id !== id && other.state.kind === 'rolled-back' && other.state.plan.digest === digest,
  );
  if (!bad) return undefined;
  const saw = `${shortDigest(digest)}, which ${bad.id} brought here and which was rolled back`;
  return engineFinding('rolled-back-before', request.stage, saw, `a person who asks for it: promote ${request.stage}`);
}

async function beginCells(
  tx: PipelineTransaction,
  now: Promotion,
  plan: Plan,
  envoys: readonly string[],
): Promise<void> {
  const matrix = { promotion: now.id, digest: plan.digest, baseDigest: plan.base.digest };
  await beginMatrix(tx, matrix, envoys);
  await enqueueCells(tx, matrix);
}

async function planRollback(promotion: Promotion, ports: EnginePorts, signal: AbortSignal): Promise<StepResult> {
  const { stage: name, revision, digest } = promotion.request;
  const stage = await ports.store.read.stage(name);
  const ruling = rulingRevision(stage, revision);
  const policy = await policyAt(ports, ruling, name, signal);
  const next = await policyAt(ports, revision, name, signal);
  const today = await stageAt(ports, ruling, name, signal);
  await using target = await ports.openTarget(today);
  const held = await target.read(signal);
  const after = digest && (await rollbackSource({ name, digest, revision, stage }, target, ports, signal));
  if (!after) {
    const saw = `no snapshot ${digest === undefined ? '' : shortDigest(digest)}, neither kept nor in the target, and ${revision.slice(0, 12)} renders another`;
    const want = 'a digest that was live in the stage; they are named by: history';
    return refuse(
      promotion,
      [engineFinding('nothing-to-roll-back-to', name, saw, want)],
      'it is not to be had any more',
      ports,
    );
  }
  // What somebody else put there is no snapshot to come from; it is replaced whole.
  const before = held.kind === 'delivery' ? held.delivery.snapshot : undefined;
  const base = baseOf(held);
  const at: StageAtRevision = { stage: today, snapshot: after, findings: [] };
  const change = await planOfChange(promotion, { before, after, at, base }, ports, signal);
  const envoys = today.envoys.map(({ version }) => version);
  return moveOn(ports, promotion, async (tx, now) => {
    const diff = await tx.keep('diff', change.diffText);
    await keepSnapshot(tx, after);
    if (before) await keepSnapshot(tx, before);
    const plan: Plan = { ...change.plan, diff, policyVersion: policy.version, nextPolicyVersion: next.version };
    const proved = await recentVerdict(tx, name, plan, today, tx.nowEpochMs);
    if (!proved) await beginCells(tx, now, plan, envoys);
    const planned = await record(tx, PIPELINE, now, { kind: 'planned', plan }, [diff]);
    if (proved) await record(tx, PIPELINE, planned, { kind: 'verified', verdict: proved }, [proved.report]);
  });
}
