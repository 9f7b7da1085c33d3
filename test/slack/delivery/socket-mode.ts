import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { isObject, type JsonObject } from '../model.ts';
import type { WorkspaceState } from '../state.ts';
import type { SlackTimes } from '../times.ts';
import type { Ack, Delivery, DeliveryKind } from './delivery.ts';

/** Source: docs.slack.dev, "Using Socket Mode": up to ten connections at a time. */
const MOST_CONNECTIONS = 10;
/** How long a client may take to say goodbye when the workspace stops. */
const CLOSING_MS = 500;
export type DisconnectReason = 'warning' | 'refresh_requested' | 'link_disabled' | 'too_many_websockets';
/** One envelope on one connection. */
export type SentEnvelope = {
  readonly envelopeId: string;
  readonly kind: DeliveryKind;
  readonly connection: number;
  readonly attempt: number;
  acknowledged: boolean;
};
type Waiting = { readonly sent: SentEnvelope; readonly settle: (ack: Ack | 'socket-closed') => void };

/** Slack's end of Socket Mode: tickets, hello, envelopes to one connection each, acknowledgements, redelivery. */
export class SocketMode implements Delivery {
  readonly envelopes: SentEnvelope[] = [];
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #tickets = new Set<string>();
  readonly #connections = new Map<number, WebSocket>();
  readonly #waiting = new Set<Waiting>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #stopped = new AbortController();
  readonly #state: WorkspaceState;
  readonly #times: SlackTimes;
  readonly #appId: string;
  #numbered = 0;
  #turn = 0;
  #acksToLose = 0;
  #dropsToCome = 0;

  constructor(state: WorkspaceState, times: SlackTimes, appId: string) {
    this.#state = state;
    this.#times = times;
    this.#appId = appId;
  }

  /** Connections that have been greeted and not closed. */
  get connections(): number {
    return this.#connections.size;
  }

  /** A path with a ticket that is good for one connection. */
  ticketPath(): string {
    const ticket = this.#state.nextId('T');
    this.#tickets.add(ticket);
    return `/link?ticket=${ticket}&app_id=${this.#appId}`;
  }

  /** Lets a client in that has a ticket. @param refuse while Slack is out of reach */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, refuse: boolean): void {
    if (refuse) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
      return;
    }
    const ticket = new URL(request.url ?? '', 'http://local').searchParams.get('ticket') ?? '';
    if (!this.#tickets.delete(ticket)) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (ws) => this.#greet(ws));
  }

  /** Asks connections to go, as Slack does every hour or so; they have their own new one to open. All of them by default. */
  disconnect(reason: DisconnectReason, howMany = Number.POSITIVE_INFINITY): void {
    for (const ws of [...this.#connections.values()].slice(0, howMany)) {
      ws.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'local' } }));
      if (reason !== 'warning') ws.close(1000);
    }
  }

  /** Cuts connections without a word. All of them by default. */
  drop(howMany = Number.POSITIVE_INFINITY): void {
    for (const ws of [...this.#connections.values()].slice(0, howMany)) ws.terminate();
  }

  /** Takes no notice of the next `howMany` acknowledgements, as if they were lost on the way. */
  loseAcks(howMany: number): void {
    this.#acksToLose += howMany;
  }
  /** Cuts the connection that the next `howMany` envelopes go out on, right after them. */
  dropAfterSending(howMany: number): void {
    this.#dropsToCome += howMany;
  }

  async deliver(kind: DeliveryKind, payload: JsonObject, envelopeId: string): Promise<Ack> {
    let ack = await this.#send(envelopeId, kind, payload, 0);
    if (ack === 'socket-closed') ack = await this.#send(envelopeId, kind, payload, 1, 'socket_closed');
    // Slack sends events again; a command or a click that timed out is the person's to repeat.
    for (const [index, delayMs] of this.#times.redeliverAfterMs.entries()) {
      if (kind !== 'events_api' || (ack !== 'socket-closed' && ack.kind === 'acknowledged')) break;
      await sleep(delayMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
      if (this.#stopped.signal.aborted) break;
      ack = await this.#send(envelopeId, kind, payload, index + 1, 'timeout');
    }
    return ack === 'socket-closed' ? { kind: 'failed', error: 'dispatch_failed' } : ack;
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const { settle } of [...this.#waiting]) settle({ kind: 'failed', error: 'dispatch_failed' });
    this.#stopped.abort();
    for (const ws of this.#connections.values()) {
      ws.close(1001);
      setTimeout(() => ws.terminate(), CLOSING_MS).unref();
    }
    this.#server.close();
  }

  #greet(ws: WebSocket): void {
    if (this.#connections.size >= MOST_CONNECTIONS) {
      ws.send(JSON.stringify({ type: 'disconnect', reason: 'too_many_websockets', debug_info: { host: 'local' } }));
      ws.close(1000);
      return;
    }
    this.#numbered += 1;
    const number = this.#numbered;
    this.#connections.set(number, ws);
    const pings = setInterval(() => ws.ping(), this.#times.pingMs);
    this.#timers.add(pings);
    ws.on('error', () => ws.terminate());
    ws.on('message', (data) => this.#receive(data));
    ws.on('close', () => {
      clearInterval(pings);
      this.#timers.delete(pings);
      this.#connections.delete(number);
      for (const { sent, settle } of [...this.#waiting]) if (sent.connection === number) settle('socket-closed');
      this.#state.changed();
    });
    const hello = { type: 'hello', num_connections: this.#connections.size, connection_info: { app_id: this.#appId } };
    ws.send(JSON.stringify({ ...hello, debug_info: { host: 'local', approximate_connection_time: 3_600 } }));
    this.#state.changed();
  }

  #receive(data: RawData): void {
    let message: unknown;
    try {
      message = JSON.parse(String(data));
    } catch {
      return;
    }
    if (!isObject(message) || typeof message.envelope_id !== 'string') return;
    const { envelope_id: id, payload } = message;
    const waiting = [...this.#waiting].filter(({ sent }) => sent.envelopeId === id);
    if (waiting.length > 0 && this.#acksToLose > 0) {
      this.#acksToLose -= 1;
      return;
    }
    for (const { sent, settle } of waiting) {
      sent.acknowledged = true;
      settle({ kind: 'acknowledged', payload: isObject(payload) ? payload : {} });
    }
  }

  #send(
    envelopeId: string,
    kind: DeliveryKind,
    payload: JsonObject,
    attempt: number,
    reason = '',
  ): Promise<Ack | 'socket-closed'> {
    const open = [...this.#connections].filter(([, ws]) => ws.readyState === ws.OPEN);
    const chosen = open[this.#turn % Math.max(open.length, 1)];
    this.#turn += 1;
    if (!chosen) return Promise.resolve({ kind: 'failed', error: 'dispatch_failed' });
    const [connection, ws] = chosen;
    const sent: SentEnvelope = { envelopeId, kind, connection, attempt, acknowledged: false };
    this.envelopes.push(sent);
    const result = new Promise<Ack | 'socket-closed'>((resolve) => {
      const timer = setTimeout(() => settle({ kind: 'failed', error: 'operation_timeout' }), this.#times.ackMs);
      this.#timers.add(timer);
      const settle = (ack: Ack | 'socket-closed'): void => {
        clearTimeout(timer);
        this.#timers.delete(timer);
        this.#waiting.delete(waiting);
        resolve(ack);
      };
      const waiting = { sent, settle };
      this.#waiting.add(waiting);
    });
    const retry = kind === 'events_api' || attempt > 0 ? { retry_attempt: attempt, retry_reason: reason } : {};
    const takesResponse = { accepts_response_payload: kind !== 'events_api' };
    const drops = this.#dropsToCome > 0;
    if (drops) this.#dropsToCome -= 1;
    const envelope = { envelope_id: envelopeId, type: kind, payload, ...takesResponse, ...retry };
    ws.send(JSON.stringify(envelope), () => {
      if (drops) ws.terminate();
    });
    return result;
  }
}
