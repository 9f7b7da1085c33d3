import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isObject, type JsonObject } from '../model.ts';
import type { Clock } from '../state.ts';
import type { SlackTimes } from '../times.ts';
import type { Ack, Delivery, DeliveryKind } from './delivery.ts';

/** A request as it goes to the app's request URL. */
export type SlackRequest = { readonly body: string; readonly headers: Readonly<Record<string, string>> };
/** Ways in which somebody who is not Slack may ask. */
export type Attack = 'forged' | 'replayed' | 'expired' | 'tampered' | 'unsigned';
export type AppAnswer = { readonly status: number; readonly body: string };

/** `v0=` and the HMAC-SHA256 of `v0:timestamp:body`. Source: docs.slack.dev, "Verifying requests from Slack". */
export const signatureOf = (secret: string, timestamp: string, body: string): string =>
  `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;

/** How long ago an expired request was made: more than the five minutes that apps allow. */
const EXPIRED_SECONDS = 600;

/** Slack's end of HTTP mode: signed requests to the app's request URL. */
export class HttpMode implements Delivery {
  /** Every request, oldest first. */
  readonly requests: SlackRequest[] = [];
  readonly #requestUrl: string;
  readonly #secret: string;
  readonly #clock: Clock;
  readonly #times: SlackTimes;
  readonly #stopped = new AbortController();

  constructor(requestUrl: string, secret: string, clock: Clock, times: SlackTimes) {
    this.#requestUrl = requestUrl;
    this.#secret = secret;
    this.#clock = clock;
    this.#times = times;
  }

  async deliver(kind: DeliveryKind, payload: JsonObject): Promise<Ack> {
    let { ack, reason, noRetry } = await this.#post(kind, payload, {});
    for (const [index, delayMs] of this.#times.redeliverAfterMs.entries()) {
      if (kind !== 'events_api' || ack.kind === 'acknowledged' || noRetry || this.#stopped.signal.aborted) break;
      await sleep(delayMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
      const headers = { 'x-slack-retry-num': String(index + 1), 'x-slack-retry-reason': reason };
      ({ ack, reason, noRetry } = await this.#post(kind, payload, headers));
    }
    return ack;
  }

  /** The challenge that Slack sends when a request URL is set. True when the app echoes it. */
  async verifyUrl(challenge: string): Promise<boolean> {
    const { status, body } = await this.#send(
      this.#signed(JSON.stringify({ type: 'url_verification', challenge }), 'application/json'),
    );
    return status === 200 && body.includes(challenge);
  }
  /** What Slack asks of a slash command's URL from time to time, to look at its certificate. */
  sslCheck(): Promise<AppAnswer> {
    return this.#send(this.#signed('ssl_check=1&token=local', 'application/x-www-form-urlencoded'));
  }

  /** The newest request again, as an attacker would send it. @throws Error when there was none yet */
  attack(how: Attack): Promise<AppAnswer> {
    const last = this.requests.at(-1);
    if (!last) throw new Error('there is no request yet to attack with');
    const type = last.headers['content-type'] ?? '';
    const changed = last.body.replace(/canary|approve|text=/, 'production');
    const old = String(Math.floor(this.#clock.nowEpochMs() / 1000) - EXPIRED_SECONDS);
    const now = String(Math.floor(this.#clock.nowEpochMs() / 1000));
    const wrong = signatureOf('not the secret', now, last.body);
    const requests: Readonly<Record<Attack, SlackRequest>> = {
      replayed: last,
      forged: {
        body: last.body,
        headers: { ...last.headers, 'x-slack-request-timestamp': now, 'x-slack-signature': wrong },
      },
      expired: this.#signed(last.body, type, old),
      tampered: { body: `${changed}&x=1`, headers: last.headers },
      unsigned: { body: last.body, headers: { 'content-type': type } },
    };
    return this.#send(requests[how]);
  }

  close(): void {
    this.#stopped.abort();
  }

  #signed(
    body: string,
    contentType: string,
    timestamp = String(Math.floor(this.#clock.nowEpochMs() / 1000)),
  ): SlackRequest {
    const headers = {
      'content-type': contentType,
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': signatureOf(this.#secret, timestamp, body),
      'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
    };
    return { body, headers };
  }

  async #post(
    kind: DeliveryKind,
    payload: JsonObject,
    more: Readonly<Record<string, string>>,
  ): Promise<{ ack: Ack; reason: string; noRetry: boolean }> {
    const request =
      kind === 'events_api'
        ? this.#signed(JSON.stringify(payload), 'application/json')
        : this.#signed(formOf(kind, payload), 'application/x-www-form-urlencoded');
    this.requests.push(request);
    try {
      const { status, body, noRetry } = await this.#send({ ...request, headers: { ...request.headers, ...more } });
      if (status >= 200 && status < 300)
        return { ack: { kind: 'acknowledged', payload: payloadIn(body) }, reason: '', noRetry };
      const error = status >= 500 ? 'http_service_error' : 'http_client_error';
      return { ack: { kind: 'failed', error }, reason: 'http_error', noRetry };
    } catch (error) {
      const late = error instanceof Error && error.name === 'TimeoutError';
      const ack: Ack = { kind: 'failed', error: late ? 'operation_timeout' : 'dispatch_failed' };
      return { ack, reason: late ? 'http_timeout' : 'connection_failed', noRetry: false };
    }
  }

  async #send({ body, headers }: SlackRequest): Promise<AppAnswer & { noRetry: boolean }> {
    const signal = AbortSignal.any([AbortSignal.timeout(this.#times.ackMs), this.#stopped.signal]);
    const response = await fetch(this.#requestUrl, { method: 'POST', body, headers: { ...headers }, signal });
    const noRetry = response.headers.get('x-slack-no-retry') === '1';
    return { status: response.status, body: await response.text(), noRetry };
  }
}

const formOf = (kind: DeliveryKind, payload: JsonObject): string =>
  kind === 'interactive'
    ? new URLSearchParams({ payload: JSON.stringify(payload) }).toString()
    : new URLSearchParams(
        Object.entries(payload).map(([name, value]): [string, string] => [name, String(value)]),
      ).toString();

/** The body of an acknowledgement: JSON, or plain words that are the text of a response. */
function payloadIn(body: string): JsonObject {
  if (body.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : { text: String(value) };
  } catch {
    return { text: body };
  }
}
