import type { JsonObject, Person, UserGroup } from '../model.ts';
import { pageOf } from './conversation-methods.ts';
import { personOf } from './find.ts';
import type { CallContext, Method } from './method.ts';
import { TIER_2, TIER_3, TIER_4 } from './rate-limits.ts';
import { SlackError } from './slack-error.ts';

function personForApi(person: Person, scopesEmail: boolean): JsonObject {
  return {
    id: person.id,
    team_id: person.teamId,
    name: person.name,
    real_name: person.realName,
    tz: person.tz,
    deleted: person.deleted,
    is_bot: person.isBot,
    is_restricted: person.isRestricted,
    is_ultra_restricted: person.isUltraRestricted,
    is_stranger: person.isStranger,
    ...(person.enterpriseId === undefined
      ? {}
      : { enterprise_user: { id: person.id, enterprise_id: person.enterpriseId, teams: [person.teamId] } }),
    profile: {
      real_name: person.realName,
      display_name: person.name,
      ...(scopesEmail && person.email !== undefined ? { email: person.email } : {}),
    },
  };
}
const withEmail = ({ scopes }: CallContext): boolean => scopes.includes('users:read.email');

const info: Method = {
  name: 'users.info',
  token: 'bot',
  scopes: ['users:read'],
  limit: TIER_4,
  run: (args, context) => ({ user: personForApi(personOf(args, context), withEmail(context)) }),
};

const list: Method = {
  name: 'users.list',
  token: 'bot',
  scopes: ['users:read'],
  limit: TIER_2,
  run(args, context) {
    const { page, cursor } = pageOf([...context.state.people.values()], args, 999);
    const members = page.map((person) => personForApi(person, withEmail(context)));
    return { members, response_metadata: { next_cursor: cursor } };
  },
};

const lookupByEmail: Method = {
  name: 'users.lookupByEmail',
  token: 'bot',
  scopes: ['users:read.email'],
  limit: TIER_3,
  run(args, context) {
    const email = args.required('email').toLowerCase();
    const person = [...context.state.people.values()].find((each) => each.email?.toLowerCase() === email);
    if (!person || person.deleted || person.isStranger) throw new SlackError('users_not_found');
    return { user: personForApi(person, true) };
  },
};

const groupForApi = (group: UserGroup, withUsers: boolean): JsonObject => ({
  id: group.id,
  handle: group.handle,
  name: group.name,
  is_usergroup: true,
  date_delete: group.disabled ? 1 : 0,
  user_count: group.members.length,
  ...(withUsers ? { users: group.members } : {}),
});

const groups: Method = {
  name: 'usergroups.list',
  token: 'bot',
  scopes: ['usergroups:read'],
  limit: TIER_2,
  run(args, { state }) {
    const found = [...state.groups.values()].filter(({ disabled }) => !disabled || args.flag('include_disabled'));
    return { usergroups: found.map((group) => groupForApi(group, args.flag('include_users'))) };
  },
};

const groupMembers: Method = {
  name: 'usergroups.users.list',
  token: 'bot',
  scopes: ['usergroups:read'],
  limit: TIER_2,
  run(args, { state }) {
    const group = state.groups.get(args.required('usergroup'));
    if (!group || (group.disabled && !args.flag('include_disabled'))) throw new SlackError('no_such_subteam');
    return { users: group.members };
  },
};

export const PEOPLE_METHODS: readonly Method[] = [info, list, lookupByEmail, groups, groupMembers];
