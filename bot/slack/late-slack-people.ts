import type { WebClient } from '@slack/web-api';
import type { SlackPeople } from '../../pipeline/access/slack-people.ts';
import { call, wordsOf } from './call.ts';
import { slackPeople } from './slack-people.ts';
import { OF_AN_ORGANISATION } from './who-we-are.ts';

/** As `slackPeople`, for a token whose workspace is not known yet: Slack is asked at the first look-up, and again until it says. */
export function lateSlackPeople(client: WebClient): SlackPeople {
  let known: Promise<SlackPeople> | undefined;
  const home = async (): Promise<SlackPeople> => {
    const result = await call(() => client.auth.test());
    if (result.kind !== 'ok') throw new Error(`auth.test: ${wordsOf(result)}`);
    if (result.value.is_enterprise_install) throw new Error(`auth.test: ${OF_AN_ORGANISATION}`);
    if (!result.value.team_id) throw new Error('auth.test answered without a workspace');
    return slackPeople(client, { teamId: result.value.team_id, enterpriseId: result.value.enterprise_id });
  };
  const people = (): Promise<SlackPeople> => {
    known ??= home().catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
  return {
    userInfo: async (identity) => (await people()).userInfo(identity),
    membersOf: async (group) => (await people()).membersOf(group),
  };
}
