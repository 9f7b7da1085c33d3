import type { Method } from './method.ts';
import { GENEROUS, TIER_1 } from './rate-limits.ts';

const authTest: Method = {
  name: 'auth.test',
  token: 'bot',
  scopes: [],
  limit: GENEROUS,
  run: (_args, { app, baseUrl, state }) => ({
    url: `${baseUrl}/`,
    team: app.teamDomain,
    user: state.people.get(app.botUserId)?.name ?? '',
    team_id: app.teamId,
    user_id: app.botUserId,
    bot_id: app.botId,
    ...(app.enterpriseId === undefined ? {} : { enterprise_id: app.enterpriseId }),
    is_enterprise_install: app.isEnterpriseInstall,
  }),
};

const connectionsOpen: Method = {
  name: 'apps.connections.open',
  token: 'app',
  scopes: ['connections:write'],
  limit: TIER_1,
  run: (_args, { openSocket }) => ({ url: openSocket() }),
};

export const APP_METHODS: readonly Method[] = [authTest, connectionsOpen];
