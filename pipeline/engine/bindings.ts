import { shortDigest } from '../../render/ids.ts';
import type { PromotionId } from '../ids.ts';
import { type Binding, bindingOf } from '../promotion/approval.ts';
import type { Plan, VerdictRecord } from '../promotion/plan.ts';
import type { Sql } from './timers.ts';

type Bound = { readonly plan: Plan; readonly verdict: Pick<VerdictRecord, 'id'> };

/** Remembers what a binding was of, so that somebody whose approval comes late is told what has changed. */
export async function keepBinding(db: Sql, promotion: PromotionId, plan: Plan, verdict: VerdictRecord): Promise<void> {
  const bound: Bound = { plan, verdict: { id: verdict.id } };
  await db.sql(
    'insert into meshgate.engine_binding (promotion, binding, bound) values ($1, $2, $3) on conflict do nothing',
    [promotion, bindingOf(plan, verdict), JSON.stringify(bound)],
  );
}

/** In words, and never empty. */
export async function whatChanged(
  db: Sql,
  promotion: PromotionId,
  binding: Binding,
  plan: Plan,
  verdict: VerdictRecord,
): Promise<string> {
  const [row] = await db.sql<{ readonly bound: string }>(
    'select bound from meshgate.engine_binding where promotion = $1 and binding = $2',
    [promotion, binding],
  );
  if (!row) return 'it is of another plan';
  const { plan: was, verdict: wasVerdict } = JSON.parse(row.bound) as Bound;
  const short = (digest: Plan['digest'] | undefined): string => (digest ? shortDigest(digest) : 'nothing');
  const changes = [
    was.digest !== plan.digest && `the digest was ${short(was.digest)} and is ${short(plan.digest)}`,
    was.base.digest !== plan.base.digest && `live was ${short(was.base.digest)} and is ${short(plan.base.digest)}`,
    was.base.digest === plan.base.digest &&
      was.base.targetVersion !== plan.base.targetVersion &&
      'the target was written to meanwhile',
    was.policyVersion !== plan.policyVersion && 'the policy of the stage changed',
    was.nextPolicyVersion !== plan.nextPolicyVersion && 'the policy that it brings changed',
    was.diff !== plan.diff && 'the diff changed',
    wasVerdict.id !== verdict.id && 'it was verified anew',
  ].filter((change) => change !== false);
  return changes.length > 0 ? changes.join('; ') : 'it is of another plan';
}
