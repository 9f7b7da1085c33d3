import { EVERYBODY } from '../../render/config/access-config.ts';
import type { Caller, PeopleDirectory, Person } from '../commands/pipeline.ts';
import type { PersonId } from '../ids.ts';
import type { Group, KnownPerson, Policy } from './policy.ts';
import type { SlackPeople } from './slack-people.ts';

/** Nobody could tell who somebody is. A decision is refused then, and may be tried again. */
export class PeopleError extends Error {
  override readonly name = 'PeopleError';
}

type Access = Pick<Policy, 'people' | 'groups' | 'hasAccess'>;
/** What is known of the account that somebody came with. */
type Account = { readonly id: string; readonly identities: readonly string[]; readonly email: string | undefined };

/**
 * People of one policy. Logins (`unix:ada`) are as the operating system says; Slack accounts are looked up each time, and guests,
 * strangers, bots and deactivated accounts are nobody. Rejects with `PeopleError` when Slack does not say who it is. When only a user
 * group cannot be looked up, nobody is in it through Slack, and `Person.unknownGroups` names it: a refusal can then say so.
 */
export function peopleDirectory(access: Access, slack: SlackPeople | undefined): PeopleDirectory {
  return {
    async personOf(caller) {
      const account = await accountOf(caller, slack);
      if (!account) return undefined;
      const known = access.people.find(({ id, identities }) =>
        account.identities.some((identity) => id === identity || identities.includes(identity)),
      );
      const person = known?.id ?? (account.id as PersonId);
      const identities = [...new Set([...account.identities, ...(known?.identities ?? [])])];
      const memberships = await Promise.all(
        access.groups.map(async (group) => ({ group, state: await membership(group, person, identities, slack) })),
      );
      const names = (wanted: Membership): string[] =>
        memberships.filter(({ state }) => state === wanted).map(({ group }) => group.name);
      const groups = names('in');
      const isLocal = !access.hasAccess && caller.via === 'cli' && caller.identity.startsWith('unix:');
      const counted = known !== undefined || groups.length > 0 || isLocal;
      return {
        id: person,
        groups: counted ? [...groups, EVERYBODY] : groups,
        emails: emailsOf(known, account),
        unknownGroups: names('unknown'),
      } satisfies Person;
    },
  };
}

async function accountOf({ via, identity }: Caller, slack: SlackPeople | undefined): Promise<Account | undefined> {
  if (/^unix:[^/\s]+$/.test(identity)) {
    // A login says who somebody is on this machine, and nowhere else.
    return via === 'slack' ? undefined : { id: identity, identities: [identity], email: undefined };
  }
  if (!/^slack:[^/\s]+\/[^/\s]+$/.test(identity)) return undefined;
  if (!slack) throw new PeopleError(`${identity}: no Slack to ask who that is`);
  const user = await asked(`who ${identity} is`, () => slack.userInfo(identity));
  if (!user || user.isDeactivated || user.isBot || user.isGuest || user.isStranger) return undefined;
  return {
    id: user.canonical,
    identities: [...new Set([user.canonical, identity, ...user.aliases])],
    email: user.email,
  };
}

type Membership = 'in' | 'out' | 'unknown';

async function membership(
  { members, slackUserGroup }: Group,
  person: PersonId,
  identities: readonly string[],
  slack: SlackPeople | undefined,
): Promise<Membership> {
  if (members.includes(person) || members.some((member) => identities.includes(member))) return 'in';
  const accounts = identities.filter((identity) => identity.startsWith('slack:'));
  if (slackUserGroup === undefined || accounts.length === 0) return 'out';
  if (!slack) return 'unknown';
  try {
    const found = await slack.membersOf(slackUserGroup);
    return found.some((identity) => accounts.includes(identity)) ? 'in' : 'out';
  } catch {
    return 'unknown';
  }
}

const emailsOf = (known: KnownPerson | undefined, { email }: Account): readonly string[] => [
  ...new Set([...(known?.emails ?? []), ...(email === undefined ? [] : [email])].map((each) => each.toLowerCase())),
];

async function asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw new PeopleError(`Slack does not say ${what}`, { cause });
  }
}
