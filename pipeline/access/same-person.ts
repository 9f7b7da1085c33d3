import type { PersonId } from '../ids.ts';
import type { Policy } from './policy.ts';

type People = Pick<Policy, 'people'>;

/**
 * Who an id is today. People get a name in `access.people` after they asked for something under their account: what they asked for
 * stays theirs.
 */
export const canonicalPerson = (person: PersonId, { people }: People): PersonId =>
  people.find(({ id, identities }) => id === person || identities.includes(person))?.id ?? person;

export const samePerson = (a: PersonId, b: PersonId, policy: People): boolean =>
  canonicalPerson(a, policy) === canonicalPerson(b, policy);
