import { modalsOf } from '../acting/views.ts';
import { isObject, type Json, type JsonObject, type Message, type Person, textIn, type View } from '../model.ts';
import { type MrkdwnNode, parseMrkdwn } from '../mrkdwn.ts';
import type { WorkspaceState } from '../state.ts';
import type { CallContext } from '../web-api/method.ts';

/** Everything that one person's screen shows. All of it is data: the page makes text nodes of it, never markup. */
export type Picture = {
  readonly me: JsonObject;
  readonly team: string;
  readonly appName: string;
  readonly people: readonly JsonObject[];
  readonly channels: readonly JsonObject[];
  readonly messages: readonly JsonObject[];
  readonly modals: readonly JsonObject[];
  readonly home: JsonObject | null;
};

/** What `person` sees, with `channelId` open. */
export function pictureFor(person: Person, channelId: string, context: CallContext): Picture {
  const { state, app } = context;
  const paint = painter(person, state);
  const mine = state.notifications.filter(({ userId }) => userId === person.id);
  const home = [...state.views.values()].find(({ kind, user }) => kind === 'home' && user === person.id);
  const seen = state
    .messagesIn(channelId)
    .filter(({ visibleTo }) => visibleTo === undefined || visibleTo === person.id);
  return {
    me: { id: person.id, name: person.realName },
    team: app.teamDomain,
    appName: state.people.get(app.botUserId)?.realName ?? '',
    people: [...state.people.values()].filter(({ isBot, deleted }) => !isBot && !deleted).map(personOnPage),
    channels: [...state.channels.values()]
      .filter(({ members }) => members.includes(person.id))
      .map(({ id, name, kind }) => ({
        id,
        name: kind === 'im' ? (state.people.get(app.botUserId)?.realName ?? name) : name,
        kind,
        mentions: mine.filter(({ channel, pings }) => channel === id && pings).map(({ ts }) => ts),
      })),
    messages: seen.map((message) => messageOnPage(message, state, paint)),
    modals: modalsOf(person.id, context).map((view) => viewOnPage(view, paint)),
    home: home ? viewOnPage(home, paint) : null,
  };
}

const personOnPage = (person: Person): JsonObject => ({
  id: person.id,
  name: person.realName,
  kind: person.isStranger ? 'other company' : person.isRestricted ? 'guest' : 'member',
});

type Paint = (value: Json | undefined) => Json;

/** Replaces each mrkdwn text object by its nodes, with names in place of ids. */
function painter(person: Person, state: WorkspaceState): Paint {
  const named = (node: MrkdwnNode): JsonObject => {
    if ('children' in node) return { kind: node.kind, children: node.children.map(named) };
    if (node.kind === 'user')
      return { kind: 'mention', text: `@${state.people.get(node.id)?.realName ?? node.id}`, me: node.id === person.id };
    if (node.kind === 'usergroup') {
      const group = state.groups.get(node.id);
      return { kind: 'mention', text: `@${group?.handle ?? node.id}`, me: group?.members.includes(person.id) ?? false };
    }
    if (node.kind === 'channel')
      return { kind: 'mention', text: `#${state.channels.get(node.id)?.name ?? node.id}`, me: false };
    if (node.kind === 'broadcast') return { kind: 'mention', text: `@${node.range}`, me: true };
    return { ...node };
  };
  const paint: Paint = (value) => {
    if (Array.isArray(value)) return value.map(paint);
    if (!isObject(value)) return value ?? null;
    if (value.type === 'mrkdwn') return { type: 'mrkdwn', nodes: parseMrkdwn(textIn(value.text)).map(named) };
    if (value.type === 'user') return named({ kind: 'user', id: textIn(value.user_id), source: '' });
    if (value.type === 'usergroup') return named({ kind: 'usergroup', id: textIn(value.usergroup_id), source: '' });
    if (value.type === 'broadcast') return named({ kind: 'broadcast', range: textIn(value.range), source: '' });
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, paint(member)]));
  };
  return paint;
}

function messageOnPage(message: Message, state: WorkspaceState, paint: Paint): JsonObject {
  const author = state.people.get(message.user);
  return {
    ts: message.ts,
    channel: message.channel,
    author: author?.realName ?? message.user,
    isApp: message.botId !== undefined,
    thread: message.threadTs ?? null,
    broadcast: message.broadcast,
    edited: message.editedTs ?? null,
    onlyYou: message.visibleTo !== undefined,
    text: paint({ type: 'mrkdwn', text: message.text }),
    blocks: paint(message.blocks),
    reactions: message.reactions.map(({ name, users }) => ({ name, count: users.length })),
  };
}

const viewOnPage = (view: View, paint: Paint): JsonObject => ({
  id: view.id,
  hash: view.hash,
  errors: view.errors,
  title: view.definition.title ?? null,
  submit: view.definition.submit ?? null,
  close: view.definition.close ?? null,
  blocks: paint(view.definition.blocks),
});
