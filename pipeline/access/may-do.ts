import { EVERYBODY } from '../../render/config/access-config.ts';
import type { Finding } from '../../render/finding.ts';
import type { Person } from '../commands/pipeline.ts';
import type { PersonId } from '../ids.ts';
import type { Promotion } from '../promotion/promotion.ts';
import type { Policy, Role } from './policy.ts';
import { refusal } from './refusal.ts';
import { samePerson } from './same-person.ts';

/** `whoCan`: groups by name, as findings and messages name them. */
export type AccessDecision =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'refused'; readonly finding: Finding; readonly whoCan: readonly string[] };
const ALLOWED: AccessDecision = { kind: 'allowed' };

const DOES: { readonly [R in Role]: string } = {
  request: 'ask for promotions',
  approve: 'approve or reject',
  rollback: 'roll back',
  release: 'release a hold',
  freeze: 'freeze or stop',
  'break-glass': 'break the glass',
};

/** Whether a person has a role in the policy's stage. `undefined`: somebody whom the directory does not know. */
export function mayDo(person: Person | undefined, role: Role, policy: Policy): AccessDecision {
  const whoCan = policy.roles[role];
  if (!person)
    return refused(
      refusal('access-stranger', policy.stage, 'somebody who is nobody in this mesh', wantGroups(whoCan)),
      whoCan,
    );
  if (person.groups.some((group) => whoCan.includes(group))) return ALLOWED;
  const untold = (person.unknownGroups ?? []).filter((group) => whoCan.includes(group) || whoCan.includes(EVERYBODY));
  const stage = policy.stage;
  return untold.length > 0
    ? refused(
        refusal('people-unknown', stage, `Slack does not say who is in ${untold.join(', ')}`, 'to be asked again soon'),
        whoCan,
      )
    : refused(
        refusal('access-role', stage, `${person.id}, who may not ${DOES[role]} in ${stage}`, wantGroups(whoCan)),
        whoCan,
      );
}

/** What `approve` asks beside the role: the promotion is not theirs, they wrote nothing in it, and that can be told. */
export function mayApprove(person: Person | undefined, promotion: Promotion, policy: Policy): AccessDecision {
  const role = mayDo(person, 'approve', policy);
  if (role.kind === 'refused' || !person) return role;
  const problem = exclusionOf(person.id, person.emails, promotion, policy);
  if (problem === undefined) return ALLOWED;
  const want = `an approval of somebody else; ${wantGroups(policy.roles.approve)}`;
  return refused(refusal(problem.rule, policy.stage, problem.saw, want), policy.roles.approve);
}

/** The second person of a broken glass: has the role, and is not the first. */
export function mayConfirm(person: Person | undefined, promotion: Promotion, policy: Policy): AccessDecision {
  const role = mayDo(person, 'break-glass', policy);
  if (role.kind === 'refused' || !person || !promotion.glass) return role;
  return samePerson(person.id, promotion.glass.by, policy)
    ? refused(
        refusal('confirm-own-glass', policy.stage, `${person.id}, who broke the glass`, 'a second person'),
        policy.roles['break-glass'],
      )
    : ALLOWED;
}

/** Why an approval of this person counts for nothing here, whatever groups they are in. Undefined: it counts. */
export function exclusionOf(
  person: PersonId,
  emails: readonly string[],
  { request, state }: Promotion,
  policy: Policy,
):
  | { readonly rule: 'approve-own-request' | 'approve-own-change' | 'approver-unknown-emails'; readonly saw: string }
  | undefined {
  if (request.by.kind === 'person' && samePerson(request.by.person, person, policy))
    return { rule: 'approve-own-request', saw: `${person}, who asked for it` };
  const known = policy.people.find(({ id }) => samePerson(id, person, policy));
  const theirs = new Set([...emails, ...(known?.emails ?? [])].map((email) => email.toLowerCase()));
  if (theirs.size === 0)
    return { rule: 'approver-unknown-emails', saw: `${person}, of whom no e-mail address is known` };
  const authors = 'plan' in state ? state.plan.authors : [];
  const own = authors.find(({ email }) => theirs.has(email.toLowerCase()));
  return own && { rule: 'approve-own-change', saw: `${person}, who wrote a part of it (${own.email})` };
}

const refused = (finding: Finding, whoCan: readonly string[]): AccessDecision => ({ kind: 'refused', finding, whoCan });
const wantGroups = (groups: readonly string[]): string =>
  groups.length === 0 ? 'nobody may: see access.roles' : `somebody of ${groups.join(' or ')}`;
