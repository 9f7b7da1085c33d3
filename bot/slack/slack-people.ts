import type { WebClient } from '@slack/web-api';
import type { SlackPeople, SlackUser } from '../../pipeline/access/slack-people.ts';
import { call, wordsOf } from './call.ts';

/** Slack's words for "there is nobody of that id here". Anything else is a failure to tell. */
const NOBODY = new Set(['user_not_found', 'user_not_visible', 'users_not_found']);

type Profile = { readonly email?: string };
type Account = {
  readonly id?: string;
  readonly team_id?: string;
  readonly deleted?: boolean;
  readonly is_bot?: boolean;
  readonly is_app_user?: boolean;
  readonly is_restricted?: boolean;
  readonly is_ultra_restricted?: boolean;
  readonly is_stranger?: boolean;
  readonly is_invited_user?: boolean;
  readonly profile?: Profile;
  readonly enterprise_user?: { readonly id?: string; readonly enterprise_id?: string };
};

/**
 * Asks Slack at the moment of a decision, each time: somebody who left a group a minute ago cannot approve. Rejects when Slack does not
 * answer, answers that it is limited, or leaves out what the judgement rests on.
 */
export function slackPeople(
  client: WebClient,
  home: { readonly teamId: string; readonly enterpriseId: string | undefined },
): SlackPeople {
  return {
    async userInfo(identity) {
      const [team, id] = partsOf(identity);
      const result = await call(() => client.users.info({ user: id }));
      if (result.kind === 'refused' && NOBODY.has(result.error)) return undefined;
      if (result.kind !== 'ok') throw new Error(`users.info: ${wordsOf(result)}`);
      return readUser(result.value.user as Account | undefined, { team, id }, home);
    },
    async membersOf(group) {
      const result = await call(() => client.usergroups.users.list({ usergroup: group, include_disabled: false }));
      // A group that is gone or disabled has no members; that is an answer.
      if (result.kind === 'refused' && (result.error === 'no_such_subteam' || result.error === 'subteam_disabled'))
        return [];
      if (result.kind !== 'ok') throw new Error(`usergroups.users.list: ${wordsOf(result)}`);
      if (!result.value.users) throw new Error('usergroups.users.list answered without users');
      const places = [home.teamId, ...(home.enterpriseId === undefined ? [] : [home.enterpriseId])];
      return result.value.users.flatMap((user) => places.map((place) => `slack:${place}/${user}`));
    },
  };
}

function partsOf(identity: string): readonly [team: string, user: string] {
  const [, team, user] = /^slack:([TE][A-Z0-9]+)\/([UW][A-Z0-9]+)$/.exec(identity) ?? [];
  if (team === undefined || user === undefined) throw new Error(`${identity} is no account of Slack`);
  return [team, user];
}

/** Pure: what an answer of `users.info` says of the account that was asked for. Throws when it says too little. */
function readUser(
  account: Account | undefined,
  asked: { readonly team: string; readonly id: string },
  home: { readonly teamId: string; readonly enterpriseId: string | undefined },
): SlackUser {
  if (!account || account.id === undefined || account.team_id === undefined)
    throw new Error('users.info answered without the account');
  const grid = account.enterprise_user;
  const organisation = grid?.enterprise_id;
  const known = [account.id, ...(grid?.id === undefined ? [] : [grid.id])];
  if (!known.includes(asked.id)) throw new Error('users.info answered of somebody else');
  const isHome =
    account.team_id === home.teamId || (home.enterpriseId !== undefined && organisation === home.enterpriseId);
  // Whoever came must be of the workspace that the account is of, whatever the request said.
  const isAsSaid =
    asked.team === account.team_id ||
    (organisation !== undefined && asked.team === organisation) ||
    (isHome && asked.team === home.teamId);
  const local = `slack:${account.team_id}/${account.id}`;
  const canonical = organisation !== undefined && grid?.id !== undefined ? `slack:${organisation}/${grid.id}` : local;
  return {
    canonical,
    aliases: canonical === local ? [] : [local],
    isDeactivated: account.deleted === true,
    isBot: account.is_bot === true || account.is_app_user === true,
    isGuest: account.is_restricted === true || account.is_ultra_restricted === true || account.is_invited_user === true,
    isStranger: account.is_stranger === true || !isHome || !isAsSaid,
    email: account.profile?.email?.toLowerCase(),
  };
}
