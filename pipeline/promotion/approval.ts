import { createHash } from 'node:crypto';
import type { PersonId } from '../ids.ts';
import type { Plan, VerdictRecord } from './plan.ts';

/** What an approval is for. Change any part, and it lapses. */
export type Binding = string & { readonly brand: 'Binding' };

/** One person's yes. What they were allowed to approve as is resolved when they say it, and stored with it. */
export type Approval = {
  readonly by: PersonId;
  readonly binding: Binding;
  readonly atEpochMs: number;
  /** Names of the groups of `access.groups` that they were a member of at that time. */
  readonly groups: readonly string[];
  /** Lower-case e-mail addresses under which they write commits, as far as known then; never empty, as nobody could tell otherwise. */
  readonly emails: readonly string[];
  readonly comment: string;
};

/** Names (digest, base digest, target version of the base, verdict, policy version, diff). */
export function bindingOf(plan: Plan, verdict: VerdictRecord): Binding {
  const { digest, base, policyVersion, nextPolicyVersion, diff, revision } = plan;
  const parts = [
    digest,
    base.digest ?? '',
    base.targetVersion,
    verdict.id,
    policyVersion,
    nextPolicyVersion,
    diff,
    revision,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex') as Binding;
}
