import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Actor } from '../acting/actor.ts';
import type { Filled } from '../acting/forms.ts';
import { isObject, type JsonObject, textIn } from '../model.ts';
import type { CallContext } from '../web-api/method.ts';
import { pictureFor } from './picture.ts';

export type PageServer = {
  readonly baseUrl: string;
  readonly context: CallContext;
  readonly as: (userId: string) => Actor;
};

const ASSETS: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['page.html', 'text/html'],
  '/page.css': ['page.css', 'text/css'],
  '/page.js': ['page.js', 'text/javascript'],
  '/blocks.js': ['blocks.js', 'text/javascript'],
  '/dom.js': ['dom.js', 'text/javascript'],
  '/dialogs.js': ['dialogs.js', 'text/javascript'],
};
/** Nothing from elsewhere, nothing inline: a text that reached the page as markup could still do nothing. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};
/** Changes within this time are told to a page at once. */
const GATHER_MS = 40;

/** Answers what the page asks. False when the path is none of its own. */
export async function servePage(
  server: PageServer,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  url: URL,
): Promise<boolean> {
  const asset = ASSETS[url.pathname];
  if (!asset && !url.pathname.startsWith('/page/')) return false;
  // The page acts as anybody, so it answers only those who reached it by its own address: no other site, no rebound name.
  const { origin, host } = request.headers;
  if (host !== new URL(server.baseUrl).host || (origin !== undefined && origin !== server.baseUrl)) {
    response.writeHead(403, HEADERS).end();
    return true;
  }
  if (asset) {
    response.writeHead(200, { ...HEADERS, 'content-type': `${asset[1]}; charset=utf-8` });
    response.end(readFileSync(join(import.meta.dirname, asset[0])));
  } else if (url.pathname === '/page/changes') tellChanges(server, request, response);
  else if (url.pathname === '/page/picture') {
    const { person } = server.as(url.searchParams.get('as') ?? '');
    sendJson(response, pictureFor(person, url.searchParams.get('channel') ?? '', server.context));
  } else if (url.pathname === '/page/start') sendJson(response, whereToStart(server.context));
  else if (url.pathname === '/page/act' && request.headers['content-type'] === 'application/json') {
    const asked: unknown = JSON.parse(body.toString('utf8'));
    sendJson(response, isObject(asked) ? await act(server, asked) : { kind: 'impossible', why: 'not an object' });
  } else response.writeHead(404, HEADERS).end();
  return true;
}

const sendJson = (response: ServerResponse, value: unknown): void => {
  response.writeHead(200, { ...HEADERS, 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
};

/** The first person who can act and the first channel they are in. */
function whereToStart({ state }: CallContext): JsonObject {
  const person = [...state.people.values()].find(({ isBot, deleted }) => !isBot && !deleted);
  const channel = [...state.channels.values()].find(({ members }) => person && members.includes(person.id));
  return { as: person?.id ?? '', channel: channel?.id ?? '' };
}

/** Server-sent events: one word for each batch of changes; the page then asks for its picture. */
function tellChanges({ context }: PageServer, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
  response.write('data: hello\n\n');
  let timer: NodeJS.Timeout | undefined;
  const changes = context.state.onChange(() => {
    timer ??= setTimeout(() => {
      timer = undefined;
      response.write('data: changed\n\n');
    }, GATHER_MS);
  });
  request.on('close', () => {
    changes.stop();
    clearTimeout(timer);
  });
}

/** Does what somebody did on the page. What cannot be done, such as pressing a button that has just gone, is said and not thrown. */
async function act({ as, context }: PageServer, asked: JsonObject): Promise<unknown> {
  try {
    const actor = as(textIn(asked.as));
    const channel = textIn(asked.channel);
    const filled = (isObject(asked.filled) ? asked.filled : {}) as Filled;
    const view = context.state.views.get(textIn(asked.view));
    switch (textIn(asked.kind)) {
      case 'write':
        return await write(
          actor,
          textIn(asked.text),
          channel,
          asked.thread === undefined ? undefined : textIn(asked.thread),
          context,
        );
      case 'click': {
        const target = view ?? context.state.message(channel, textIn(asked.ts));
        if (!target) return { kind: 'impossible', why: 'That message has just gone.' };
        const value =
          asked.value === undefined || asked.value === null ? {} : { value: asked.value as string | string[] };
        return await actor.click(target, textIn(asked.action), { filled, ...value });
      }
      case 'submit':
        return view ? await actor.submit(view, filled) : { kind: 'impossible', why: 'That form has just gone.' };
      case 'close':
        return view ? await actor.close(view) : { kind: 'delivered' };
      case 'home':
        return await actor.openHome();
      default:
        return { kind: 'impossible', why: 'unknown act' };
    }
  } catch (error) {
    return { kind: 'impossible', why: error instanceof Error ? error.message : String(error) };
  }
}

/** A command, or a message, in which Slack's client escapes what was typed and makes mentions of names. */
function write(
  actor: Actor,
  typed: string,
  channel: string,
  thread: string | undefined,
  context: CallContext,
): Promise<unknown> {
  const command = /^(\/\S+)\s*([\s\S]*)$/.exec(typed);
  // Slack does not run commands in threads: what looks like one is refused there.
  if (command && thread !== undefined)
    return Promise.resolve({ kind: 'impossible', why: `${command[1]} is not supported in threads. Sorry!` });
  if (command) return actor.command(command[1] ?? '', command[2] ?? '', channel);
  const escaped = typed.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const text = escaped.replaceAll(/@([a-z0-9-]+)/g, (whole, name: string) => {
    const person = [...context.state.people.values()].find((each) => each.name === name);
    const group = [...context.state.groups.values()].find(({ handle }) => handle === name);
    return person ? `<@${person.id}>` : group ? `<!subteam^${group.id}>` : whole;
  });
  return actor.say(text, channel, thread).taken;
}
