import { expect } from 'vitest';
import type { AuditRecord } from '../../pipeline/audit/audit-record.ts';
import { exportAudit } from '../../pipeline/audit/export-audit.ts';
import { replayAudit } from '../../pipeline/audit/replay-audit.ts';
import { verifyAudit } from '../../pipeline/audit/verify-audit.ts';
import type { PersonId, PromotionId } from '../../pipeline/ids.ts';
import { type Approval, type Binding, bindingOf } from '../../pipeline/promotion/approval.ts';
import type { PromotionEvent } from '../../pipeline/promotion/events.ts';
import type { Plan, VerdictRecord } from '../../pipeline/promotion/plan.ts';
import type { Manifest } from '../../pipeline/targets/target.ts';
import type { Message } from '../slack/model.ts';
import { CHANNEL, type FaultWorld, keyOf, STAGE } from './fault-world.ts';

/** What holds whatever was killed, and whenever. */
export async function holds(world: FaultWorld, root: Message, end: 'promoted' | 'rolled-back'): Promise<void> {
  const id = world.idOf(root) as PromotionId;
  expect(world.replicas.accidents).toEqual([]);

  // Nothing is stuck, and the record says what the message says.
  const promotion = await world.store.read.promotion(id);
  expect([id, promotion?.state.kind]).toEqual([id, end]);
  expect((await world.store.read.openPromotions()).map((open) => [open.id, open.state.kind])).toEqual([]);

  // One push per direction.
  await using target = world.target();
  const history = await target.history(10_000);
  const manifests = history.flatMap(({ manifest }) => (manifest ? [manifest] : []));
  expect(manifests).toHaveLength(history.length);
  const pushes = manifests.map(({ promotion: by, direction }) => `${by} ${direction}`);
  expect(pushes.filter((push, index) => pushes.indexOf(push) !== index)).toEqual([]);
  expect(pushes.filter((push) => push.startsWith(`${id} `)).toSorted()).toEqual(
    end === 'promoted' ? [`${id} forward`] : [`${id} back`, `${id} forward`],
  );

  // One root message, and everything in its thread once.
  const roots = world.roots().map(keyOf);
  expect(roots.filter((key, index) => roots.indexOf(key) !== index)).toEqual([]);
  expect(roots.filter((key) => key === keyOf(root))).toHaveLength(1);
  const keys = world.workspace
    .thread(CHANNEL, root.ts)
    .filter(({ botId }) => botId !== undefined)
    .map(keyOf);
  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  expect(keys).toContain(`outcome:${id}`);

  await chainHolds(world);
  await everyPushWasAllowed(world, manifests);
}

/** The audit log is whole, and tells of the very state that is stored. */
async function chainHolds({ store }: FaultWorld): Promise<void> {
  expect((await verifyAudit(store)).findings).toEqual([]);
  const replayed = await replayAudit(exportAudit(store.read));
  const stored = await store.read.promotions({ limit: 1_000 });
  expect(stored.map(({ id }) => replayed.promotions.get(id))).toEqual(stored);
  expect(replayed.stages.get(STAGE)).toEqual(await store.read.stage(STAGE));
}

type Known = {
  readonly requester: PersonId | undefined;
  plan: Plan | undefined;
  verdict: VerdictRecord | undefined;
  approvals: Approval[];
  intended: { readonly binding: Binding; readonly approvedBy: readonly PersonId[] } | undefined;
};

/** Judged by the log alone and not by the folded records: at each push there was a verdict of those bytes, and a yes to just that by another person. */
async function everyPushWasAllowed({ store }: FaultWorld, manifests: readonly Manifest[]): Promise<void> {
  const known = new Map<PromotionId, Known>();
  const rows: AuditRecord[] = [];
  for (let from = 1; ; ) {
    const page = await store.read.audit(from, 500);
    rows.push(...page);
    if (page.length < 500) break;
    from = (page.at(-1)?.seq ?? from) + 1;
  }
  for (const { subject } of rows) if (subject.kind === 'promotion') note(known, subject.promotion, subject.event);
  for (const { promotion, direction, digest } of manifests) {
    const { plan, verdict, approvals, intended, requester } = known.get(promotion) ?? {};
    expect([promotion, intended !== undefined]).toEqual([promotion, true]);
    if (direction === 'back') continue;
    expect([promotion, plan?.digest, verdict?.verdict, verdict?.digest]).toEqual([promotion, digest, 'pass', digest]);
    expect(verdict?.baseDigest).toBe(plan?.base.digest);
    const good = approvals?.filter(({ by, binding }) => by !== requester && binding === intended?.binding) ?? [];
    expect([promotion, good.length > 0]).toEqual([promotion, true]);
    expect(good.map(({ by }) => by)).toEqual(expect.arrayContaining([...(intended?.approvedBy ?? [])]));
  }
}

function note(known: Map<PromotionId, Known>, id: PromotionId, event: PromotionEvent): void {
  if (event.kind === 'requested') {
    const { by } = event.request;
    const requester = by.kind === 'person' ? by.person : undefined;
    known.set(id, { requester, plan: undefined, verdict: undefined, approvals: [], intended: undefined });
  }
  const of = known.get(id);
  if (!of) throw new Error(`the log tells of ${id} before it was requested`);
  if (event.kind === 'planned') of.plan = event.plan;
  if (event.kind === 'verified') of.verdict = event.verdict;
  if (event.kind === 'approved') of.approvals.push(event.approval);
  if (event.kind === 'push-intended' && of.plan && of.verdict)
    of.intended = { binding: bindingOf(of.plan, of.verdict), approvedBy: event.approvedBy };
}
