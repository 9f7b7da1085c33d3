import { setTimeout as sleep } from 'node:timers/promises';
import type { AuthorizeResult } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import type { Log } from '../log.ts';
import { call, wordsOf } from './call.ts';

export type Ourselves = {
  readonly teamId: string;
  readonly enterpriseId: string | undefined;
  readonly botId: string;
  readonly botUserId: string;
};

/** What Slack says the bot's token is; asked until it says it. */
export type WhoWeAre = {
  known(): Ourselves | undefined;
  start(): void;
  stop(): void;
  /** False for a workspace in which this token is not installed. True as long as Slack has not said what it is. */
  serves(teamId: string | undefined, enterpriseId: string | undefined): boolean;
  /** For Bolt. Rejects for what comes from a workspace in which this token is not installed. */
  authorize(teamId: string | undefined, enterpriseId: string | undefined): Promise<AuthorizeResult>;
};

/** Such a token acts in many workspaces, and Slack then wants to be told in which with each call. */
export const OF_AN_ORGANISATION =
  'this token is of a whole Enterprise organisation; install the app in one workspace of it, and use the token of that';

const LONGEST_PAUSE_MS = 30_000;

export function whoWeAre(client: WebClient, log: Log, backoffMs: number): WhoWeAre {
  const stopping = new AbortController();
  let ourselves: Ourselves | undefined;
  const ask = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted && !ourselves; failures += 1) {
      const result = await call(() => client.auth.test());
      if (result.kind === 'ok') {
        const { team_id, enterprise_id, bot_id, user_id, is_enterprise_install } = result.value;
        if (is_enterprise_install) log('error', `auth.test: ${OF_AN_ORGANISATION}`);
        else if (team_id && bot_id && user_id) {
          ourselves = { teamId: team_id, enterpriseId: enterprise_id, botId: bot_id, botUserId: user_id };
          return;
        } else log('error', 'auth.test: this is no bot token (xoxb-…)');
      } else log('warn', `auth.test: ${wordsOf(result)}`);
      const pause = Math.min(LONGEST_PAUSE_MS, backoffMs * 2 ** Math.min(failures, 10));
      await sleep(result.kind === 'later' ? result.afterMs : pause, undefined, { signal: stopping.signal }).catch(
        () => {},
      );
    }
  };
  const serves: WhoWeAre['serves'] = (teamId, enterpriseId) =>
    !ourselves ||
    teamId === ourselves.teamId ||
    // For the team of whoever pressed a button, Slack may give the organisation.
    (ourselves.enterpriseId !== undefined && [teamId, enterpriseId].includes(ourselves.enterpriseId));
  return {
    known: () => ourselves,
    serves,
    start: () => void ask(),
    stop: () => stopping.abort(),
    async authorize(teamId, enterpriseId) {
      // Bolt acknowledges what is not authorised and drops it; a command must not be lost because Slack's API is slow. Who people
      // are is asked when they decide, and fails closed.
      if (!ourselves) return {};
      if (!serves(teamId, enterpriseId)) throw new Error(`not installed in workspace ${teamId ?? 'without an id'}`);
      return { botId: ourselves.botId, botUserId: ourselves.botUserId, teamId: ourselves.teamId };
    },
  };
}
