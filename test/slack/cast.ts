import type { Channel, Person, UserGroup } from './model.ts';

export const TEAM_ID = 'T0MESHGATE';
const STRANGER_TEAM_ID = 'T0ELSEWHERE';

/** A full member unless told otherwise. */
export function newPerson(given: Pick<Person, 'id' | 'name' | 'realName'> & Partial<Person>): Person {
  return {
    email: `${given.name}@example.com`,
    tz: 'Europe/London',
    teamId: TEAM_ID,
    enterpriseId: undefined,
    isBot: false,
    isRestricted: false,
    isUltraRestricted: false,
    isStranger: false,
    deleted: false,
    ...given,
  };
}

/** Somebody of every kind that decisions have to tell apart. */
export const CAST: readonly Person[] = [
  newPerson({ id: 'U0ADA', name: 'ada', realName: 'Ada Moreau' }),
  newPerson({ id: 'U0GRACE', name: 'grace', realName: 'Grace Okafor', tz: 'America/New_York' }),
  newPerson({ id: 'U0LIN', name: 'lin', realName: 'Lin Nakamura', tz: 'Asia/Tokyo' }),
  newPerson({ id: 'U0OMAR', name: 'omar', realName: 'Omar Haddad' }),
  newPerson({ id: 'U0GUEST', name: 'gwen', realName: 'Gwen (guest)', isRestricted: true }),
  newPerson({
    id: 'U0SINGLE',
    name: 'sol',
    realName: 'Sol (single-channel guest)',
    isRestricted: true,
    isUltraRestricted: true,
  }),
  newPerson({
    id: 'U0STRANGER',
    name: 'stan',
    realName: 'Stan of Elsewhere',
    isStranger: true,
    teamId: STRANGER_TEAM_ID,
  }),
  newPerson({ id: 'U0LEFT', name: 'lee', realName: 'Lee (left)', deleted: true }),
];

export const CAST_GROUPS: readonly UserGroup[] = [
  {
    id: 'S0RELEASE',
    handle: 'mesh-release',
    name: 'Release managers',
    members: ['U0ADA', 'U0GRACE', 'U0LIN'],
    disabled: false,
  },
  { id: 'S0PAYMENTS', handle: 'payments-owners', name: 'Owners of payments', members: ['U0OMAR'], disabled: false },
];

export const CAST_CHANNELS: readonly Channel[] = [
  { id: 'C0RELEASES', name: 'mesh-releases', kind: 'public', members: CAST.map(({ id }) => id), archived: false },
  { id: 'C0GENERAL', name: 'general', kind: 'public', members: CAST.map(({ id }) => id), archived: false },
];
