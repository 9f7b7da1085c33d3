import type { Channel, JsonObject, Message, Person, View } from '../model.ts';
import type { AppIdentity, CallContext } from '../web-api/method.ts';
import { messageForApi } from '../web-api/render-message.ts';

/** Slack still sends this old shared secret; apps must not rely on it. */
const VERIFICATION_TOKEN = 'deprecated-verification-token';
const ENTERPRISE_NAME = 'Moreau Industries';

export function commandPayload(
  app: AppIdentity,
  person: Person,
  channel: Channel,
  given: { command: string; text: string; triggerId: string; responseUrl: string },
): JsonObject {
  return {
    token: VERIFICATION_TOKEN,
    team_id: person.teamId,
    team_domain: app.teamDomain,
    ...(person.enterpriseId === undefined
      ? {}
      : { enterprise_id: person.enterpriseId, enterprise_name: ENTERPRISE_NAME }),
    channel_id: channel.id,
    channel_name: channel.kind === 'im' ? 'directmessage' : channel.name,
    user_id: person.id,
    user_name: person.name,
    command: given.command,
    text: given.text,
    api_app_id: app.appId,
    is_enterprise_install: 'false',
    response_url: given.responseUrl,
    trigger_id: given.triggerId,
  };
}

/**
 * The members that every interaction has. In an Enterprise organisation `user.team_id` is the organisation's id, and `team` names it
 * (docs.slack.dev/reference/interaction-payloads/block_actions-payload).
 */
export function interactionBase(app: AppIdentity, person: Person, triggerId: string): JsonObject {
  const { enterpriseId } = person;
  return {
    user: { id: person.id, username: person.name, name: person.name, team_id: enterpriseId ?? person.teamId },
    api_app_id: app.appId,
    token: VERIFICATION_TOKEN,
    trigger_id: triggerId,
    team: {
      id: app.teamId,
      domain: app.teamDomain,
      ...(enterpriseId === undefined ? {} : { enterprise_id: enterpriseId, enterprise_name: ENTERPRISE_NAME }),
    },
    enterprise: enterpriseId === undefined ? null : { id: enterpriseId, name: ENTERPRISE_NAME },
    is_enterprise_install: false,
  };
}

export const messageContainer = (
  app: AppIdentity,
  message: Message,
  channel: Channel,
  responseUrl: string,
): JsonObject => ({
  container: {
    type: 'message',
    message_ts: message.ts,
    channel_id: channel.id,
    is_ephemeral: message.visibleTo !== undefined,
    ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
  },
  channel: { id: channel.id, name: channel.name },
  // Slack sends no content of an ephemeral message back.
  ...(message.visibleTo === undefined ? { message: messageForApi(message, app) } : {}),
  response_url: responseUrl,
});

export function viewForApi(app: AppIdentity, view: View, values: JsonObject = {}): JsonObject {
  return {
    id: view.id,
    team_id: app.teamId,
    app_id: app.appId,
    bot_id: app.botId,
    app_installed_team_id: app.teamId,
    private_metadata: '',
    callback_id: '',
    external_id: '',
    close: null,
    submit: null,
    clear_on_close: false,
    notify_on_close: false,
    ...view.definition,
    hash: view.hash,
    root_view_id: view.rootViewId,
    previous_view_id: view.previousViewId ?? null,
    state: { values },
  };
}

/** The wrapping of an event. */
export function eventPayload({ app, state }: CallContext, event: JsonObject): JsonObject {
  return {
    token: VERIFICATION_TOKEN,
    team_id: app.teamId,
    api_app_id: app.appId,
    type: 'event_callback',
    event_id: state.nextId('Ev'),
    event_time: Math.floor(state.now() / 1000),
    authorizations: [
      { enterprise_id: null, team_id: app.teamId, user_id: app.botUserId, is_bot: true, is_enterprise_install: false },
    ],
    is_ext_shared_channel: false,
    event,
  };
}
