import { setTimeout as sleep } from 'node:timers/promises';
import type { Ack, Delivery, DeliveryKind } from './delivery/delivery.ts';
import type { JsonObject } from './model.ts';

/** What happens to a Web API call instead of, or after, what it asked for. */
export type CallFault =
  | { readonly kind: 'rate-limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'server-error'; readonly status: 500 | 502 | 503 | 504 }
  /** `ok: false` with a name such as `internal_error` or `token_revoked`. */
  | { readonly kind: 'slack-error'; readonly error: string }
  /** The connection stays open and silent until the caller gives up. */
  | { readonly kind: 'no-answer' }
  /** The connection is reset before anything happened. */
  | { readonly kind: 'cut' }
  /** It took effect; the connection is reset before the answer. */
  | { readonly kind: 'answer-lost' }
  | { readonly kind: 'slow'; readonly delayMs: number };

/** What happens to something on its way to the app. */
export type DeliveryFault =
  /** Sent twice with the same ids. */
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** Held back until the next one has been sent. */
  | { readonly kind: 'swap-with-next' };

type Queued<T> = { readonly method: string; readonly fault: T; left: number };
export type RandomFaults = {
  readonly seed: number;
  /** Of 100 calls and of 100 deliveries. */
  readonly percent: number;
  readonly calls?: readonly CallFault[];
  readonly deliveries?: readonly DeliveryFault[];
};

/** The faults to come: a queue that is asked for by name, seeded chance, and outages. */
export class Faults {
  /** Every fault that struck, in order: for a test's report. */
  readonly struck: string[] = [];
  readonly #calls: Queued<CallFault>[] = [];
  readonly #deliveries: DeliveryFault[] = [];
  readonly #onOutage: () => void;
  #random: (RandomFaults & { readonly next: () => number }) | undefined;
  #outage = false;

  /** `onOutage` is called when one begins. */
  constructor(onOutage: () => void) {
    this.#onOutage = onOutage;
  }

  /** The next `count` calls of a method (`*`: of any) meet this fault. Faults of one method strike in the order of asking. */
  nextCalls(method: string, count: number, fault: CallFault): void {
    this.#calls.push({ method, fault, left: count });
  }
  nextDeliveries(count: number, fault: DeliveryFault): void {
    this.#deliveries.push(...Array.from({ length: count }, () => fault));
  }
  /** From now on, by chance; the same seed gives the same faults for the same calls. Undefined ends it. */
  atRandom(random: RandomFaults | undefined): void {
    this.#random = random && { ...random, next: randomFrom(random.seed) };
  }

  /** All of Slack is gone: calls get 503, sockets are cut and refused, nothing is delivered. */
  beginOutage(): void {
    this.#outage = true;
    this.#onOutage();
  }
  endOutage(): void {
    this.#outage = false;
  }
  get isOutage(): boolean {
    return this.#outage;
  }

  /** The fault that this call meets, which is used up. */
  takeForCall(method: string): CallFault | undefined {
    if (this.#outage) return { kind: 'server-error', status: 503 };
    const queued = this.#calls.find((each) => each.left > 0 && (each.method === method || each.method === '*'));
    if (queued) queued.left -= 1;
    const fault = queued?.fault ?? this.#byChance(this.#random?.calls);
    if (fault) this.struck.push(`${method}: ${fault.kind}`);
    return fault;
  }
  takeForDelivery(kind: DeliveryKind): DeliveryFault | undefined {
    const fault = this.#deliveries.shift() ?? this.#byChance(this.#random?.deliveries);
    if (fault) this.struck.push(`${kind}: ${fault.kind}`);
    return fault;
  }

  #byChance<T>(among: readonly T[] | undefined): T | undefined {
    if (!this.#random || !among || among.length === 0 || this.#random.next() * 100 >= this.#random.percent)
      return undefined;
    return among[Math.floor(this.#random.next() * among.length)];
  }
}

/** Mulberry32: small, seeded, good enough to choose faults. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A delivery that meets the queued faults. */
export class FaultyDelivery implements Delivery {
  readonly #inner: Delivery;
  readonly #faults: Faults;
  #held: (() => void) | undefined;
  constructor(inner: Delivery, faults: Faults) {
    this.#inner = inner;
    this.#faults = faults;
  }

  async deliver(kind: DeliveryKind, payload: JsonObject, id: string): Promise<Ack> {
    if (this.#faults.isOutage) return { kind: 'failed', error: 'dispatch_failed' };
    const fault = this.#faults.takeForDelivery(kind);
    if (fault?.kind === 'swap-with-next') await new Promise<void>((resolve) => this.#afterNext(resolve));
    if (fault?.kind === 'delay') await sleep(fault.delayMs);
    const sent = this.#inner.deliver(kind, payload, id);
    const again = fault?.kind === 'duplicate' ? this.#inner.deliver(kind, payload, id) : undefined;
    if (fault?.kind !== 'swap-with-next') {
      this.#held?.();
      this.#held = undefined;
    }
    const acks = await Promise.all(again ? [sent, again] : [sent]);
    return acks.find((ack) => ack.kind === 'acknowledged') ?? (await sent);
  }

  #afterNext(resolve: () => void): void {
    const earlier = this.#held;
    this.#held = () => {
      earlier?.();
      resolve();
    };
  }
}
