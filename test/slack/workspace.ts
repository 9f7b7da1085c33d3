import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ActingDesk, Actor } from './acting/actor.ts';
import { serveApi } from './api-server.ts';
import { CAST, CAST_CHANNELS, CAST_GROUPS, newPerson, TEAM_ID } from './cast.ts';
import type { Delivery } from './delivery/delivery.ts';
import { HttpMode } from './delivery/http-mode.ts';
import { SocketMode } from './delivery/socket-mode.ts';
import { Faults, FaultyDelivery } from './faults.ts';
import { readBody } from './http-body.ts';
import type { Channel, Message, Notification, Person, UserGroup, Warning } from './model.ts';
import { servePage } from './page/page-server.ts';
import { BOT_SCOPES } from './scopes.ts';
import { type Clock, WorkspaceState } from './state.ts';
import { ResponseUrls, TriggerIds } from './tickets.ts';
import { SLACK_TIMES, type SlackTimes } from './times.ts';
import type { AppIdentity, CallContext } from './web-api/method.ts';
import { type ApiCall, WebApi } from './web-api/web-api.ts';

export type WorkspaceOptions = {
  /** Default: the machine's. Timers (acknowledgements, redelivery) always run on the machine's. */
  readonly clock?: Clock;
  readonly people?: readonly Person[];
  readonly groups?: readonly UserGroup[];
  readonly channels?: readonly Channel[];
  /** The Enterprise organisation of which the workspace is a part. Default: none. */
  readonly enterpriseId?: string;
  /** The bot is installed in the whole organisation, not in the workspace. Default false. */
  readonly isEnterpriseInstall?: boolean;
  /** What the bot's token may do. Default: every scope that a method here wants. */
  readonly scopes?: readonly string[];
  /** 1: as strict as Slack. 10: ten times as many calls. 0: no limits. Default 1. */
  readonly rateSpeed?: number;
  readonly times?: Partial<SlackTimes>;
  /** Where it listens, and is called. Default 127.0.0.1. */
  readonly host?: string;
  /** Default of these three: made up anew, so that no other program or page can guess them. */
  readonly botToken?: string;
  readonly appToken?: string;
  readonly signingSecret?: string;
};

const APP = {
  appId: 'A0MESHGATE',
  teamId: TEAM_ID,
  teamDomain: 'meshgate',
  botId: 'B0MESHGATE',
  botUserId: 'U0MESHGATE',
};
/** How long `eventually` waits by default. */
const PATIENCE_MS = 10_000;
const POLL_MS = 50;

/** A Slack workspace on this machine, with one app installed in it. */
export class Workspace implements AsyncDisposable {
  readonly state: WorkspaceState;
  readonly sockets: SocketMode;
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
  readonly app: AppIdentity;
  /** What is to go wrong. */
  readonly faults: Faults;
  readonly #times: SlackTimes;
  readonly #options: WorkspaceOptions;
  readonly #triggers: TriggerIds;
  readonly #responseUrls: ResponseUrls;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  #baseUrl = '';
  #http: HttpMode | undefined;
  #delivery: Delivery;
  #context: CallContext | undefined;
  #webApi: WebApi | undefined;

  /** Not listening yet: use `startWorkspace`. */
  constructor(options: WorkspaceOptions) {
    const { enterpriseId, isEnterpriseInstall = false } = options;
    this.app = { ...APP, enterpriseId, isEnterpriseInstall };
    this.#options = options;
    this.#times = { ...SLACK_TIMES, ...options.times };
    this.state = new WorkspaceState(options.clock ?? { nowEpochMs: () => Date.now() });
    this.botToken = options.botToken ?? `xoxb-local-${randomUUID()}`;
    this.appToken = options.appToken ?? `xapp-local-${randomUUID()}`;
    this.signingSecret = options.signingSecret ?? randomUUID();
    this.sockets = new SocketMode(this.state, this.#times, APP.appId);
    this.faults = new Faults(() => this.sockets.drop());
    this.#delivery = new FaultyDelivery(this.sockets, this.faults);
    this.#triggers = new TriggerIds(this.state, this.#times.triggerMs);
    this.#responseUrls = new ResponseUrls(this.state, this.#times.responseUrlMs);
    const bot = newPerson({ id: APP.botUserId, name: 'meshgate', realName: 'Meshgate', isBot: true, email: undefined });
    for (const person of [...(options.people ?? CAST), bot]) this.state.people.set(person.id, person);
    for (const group of options.groups ?? CAST_GROUPS) this.state.groups.set(group.id, group);
    for (const channel of options.channels ?? CAST_CHANNELS)
      this.state.channels.set(channel.id, { ...channel, members: [...channel.members, APP.botUserId] });
  }

  async listen(): Promise<void> {
    this.#server.on('upgrade', (request, socket, head) =>
      this.sockets.upgrade(request, socket, head, this.faults.isOutage),
    );
    const { host = '127.0.0.1' } = this.#options;
    await new Promise<void>((resolve) => this.#server.listen(0, host, resolve));
    this.#baseUrl = `http://${host}:${(this.#server.address() as AddressInfo).port}`;
    this.#context = {
      state: this.state,
      app: this.app,
      baseUrl: this.#baseUrl,
      takeTrigger: (id) => this.#triggers.take(id),
      openSocket: () => `${this.#baseUrl.replace('http', 'ws')}${this.sockets.ticketPath()}`,
      scopes: this.#options.scopes ?? BOT_SCOPES,
      uploads: new Map(),
    };
    const tokens = { bot: this.botToken, app: this.appToken };
    this.#webApi = new WebApi(tokens, this.#context, this.#options.rateSpeed ?? 1);
  }

  /** From now on everything goes as signed requests to this URL of the app, instead of through Socket Mode. */
  useRequestUrl(requestUrl: string): HttpMode {
    this.#http = new HttpMode(requestUrl, this.signingSecret, { nowEpochMs: () => this.state.now() }, this.#times);
    this.#delivery = new FaultyDelivery(this.#http, this.faults);
    return this.#http;
  }

  /** For `clientOptions.slackApiUrl`; ends in a slash. */
  get apiUrl(): string {
    return `${this.#baseUrl}/api/`;
  }
  /** Where people look at the channel in a browser. */
  get pageUrl(): string {
    return `${this.#baseUrl}/`;
  }
  /** Every call of the app, oldest first. */
  get calls(): readonly ApiCall[] {
    return this.#listening().webApi.calls;
  }
  /** Who was mentioned by which message. */
  get notifications(): readonly Notification[] {
    return this.state.notifications;
  }
  get warnings(): readonly Warning[] {
    return this.state.warnings;
  }

  /** Everything in a channel, ephemeral messages and threads included, oldest first. */
  messages(channelId: string): readonly Message[] {
    return this.state.messagesIn(channelId);
  }
  thread(channelId: string, rootTs: string): readonly Message[] {
    return this.state.messagesIn(channelId).filter(({ threadTs }) => threadTs === rootTs);
  }

  /** Somebody of the workspace, to act as. @throws Error when there is no such person */
  as(userId: string): Actor {
    const person = this.state.people.get(userId);
    if (!person) throw new Error(`no such person: ${userId}`);
    const desk: ActingDesk = {
      context: this.#listening().context,
      delivery: () => this.#delivery,
      triggers: this.#triggers,
      responseUrls: this.#responseUrls,
    };
    return new Actor(person, desk);
  }

  /** Resolves with what `probe` finds, asked now, after every change, and every 50 ms (an app's own state makes no change here). Rejects after `deadlineMs`, naming `what`. */
  eventually<T>(what: string, probe: () => T | undefined, deadlineMs = PATIENCE_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      let cause: unknown;
      const look = (): void => {
        try {
          const found = probe();
          if (found === undefined) return;
          stop();
          resolve(found);
        } catch (error) {
          cause = error;
        }
      };
      const changes = this.state.onChange(look);
      const polls = setInterval(look, POLL_MS);
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`${what}: not seen within ${deadlineMs} ms`, { cause }));
      }, deadlineMs);
      const stop = (): void => {
        changes.stop();
        clearInterval(polls);
        clearTimeout(timer);
      };
      look();
    });
  }

  async stop(): Promise<void> {
    this.sockets.close();
    this.#http?.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #listening(): { context: CallContext; webApi: WebApi } {
    if (!this.#context || !this.#webApi) throw new Error('the workspace does not listen');
    return { context: this.#context, webApi: this.#webApi };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '/', this.#baseUrl);
      const server = { ...this.#listening(), faults: this.faults, responseUrls: this.#responseUrls };
      const body = await readBody(request);
      if (await serveApi(server, request, response, body, url)) return;
      const page = { baseUrl: this.#baseUrl, context: server.context, as: (userId: string) => this.as(userId) };
      if (await servePage(page, request, response, body, url)) return;
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
    } catch (error) {
      this.state.warn('workspace_error', request.url ?? '', String(error));
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end();
    }
  }
}

/** Starts a workspace on a free port of the loopback interface. It stops when disposed of. */
export async function startWorkspace(options: WorkspaceOptions = {}): Promise<Workspace> {
  const workspace = new Workspace(options);
  await workspace.listen();
  return workspace;
}
