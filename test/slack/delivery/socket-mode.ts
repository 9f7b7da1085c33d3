import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { isObject, type JsonObject } from '../model.ts';
import type { WorkspaceState } from '../state.ts';
import type { SlackTimes } from '../times.ts';
import type { Ack, Delivery, DeliveryKind } from './delivery.ts';

/** Source: docs.slack.dev, "Using Socket Mode": up to ten connections at a time. */
const MOST_CONNECTIONS = 10;
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
  readonly #waiting = new Map<string, Waiting>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #state: WorkspaceState;
  readonly #times: SlackTimes;
  readonly #appId: string;
  #numbered = 0;
  #turn = 0;

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

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
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

  async deliver(kind: DeliveryKind, payload: JsonObject): Promise<Ack> {
    const envelopeId = `${this.#state.nextId('E').toLowerCase()}-${kind}`;
    let ack = await this.#send(envelopeId, kind, payload, 0);
    if (ack === 'socket-closed') ack = await this.#send(envelopeId, kind, payload, 1, 'socket_closed');
    // Slack sends events again; a command or a click that timed out is the person's to repeat.
    for (const [index, delayMs] of this.#times.redeliverAfterMs.entries()) {
      if (kind !== 'events_api' || (ack !== 'socket-closed' && ack.kind === 'acknowledged')) break;
      await this.#after(delayMs);
      ack = await this.#send(envelopeId, kind, payload, index + 1, 'timeout');
    }
    return ack === 'socket-closed' ? { kind: 'failed', error: 'dispatch_failed' } : ack;
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const { settle } of this.#waiting.values()) settle({ kind: 'failed', error: 'dispatch_failed' });
    this.drop();
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
      for (const { sent, settle } of [...this.#waiting.values()])
        if (sent.connection === number) settle('socket-closed');
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
    const waiting = this.#waiting.get(message.envelope_id);
    if (!waiting) return;
    waiting.sent.acknowledged = true;
    waiting.settle({ kind: 'acknowledged', payload: isObject(message.payload) ? message.payload : {} });
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
        this.#waiting.delete(envelopeId);
        resolve(ack);
      };
      this.#waiting.set(envelopeId, { sent, settle });
    });
    const retry = kind === 'events_api' || attempt > 0 ? { retry_attempt: attempt, retry_reason: reason } : {};
    const takesResponse = { accepts_response_payload: kind !== 'events_api' };
    ws.send(JSON.stringify({ envelope_id: envelopeId, type: kind, payload, ...takesResponse, ...retry }));
    return result;
  }

  #after(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.#timers.add(timer);
    });
  }
}
