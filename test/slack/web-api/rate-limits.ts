/** `perMinute` is always allowed; `burst` calls at once are too. A channel's own limit holds besides. */
export type Limit = { readonly perMinute: number; readonly burst: number; readonly perChannel?: Limit };

// Source: docs.slack.dev, "Rate limits". The rates are documented; the sizes of bursts are not, so they are on the strict side.
export const TIER_1: Limit = { perMinute: 1, burst: 15 };
export const TIER_2: Limit = { perMinute: 20, burst: 20 };
export const TIER_3: Limit = { perMinute: 50, burst: 20 };
export const TIER_4: Limit = { perMinute: 100, burst: 50 };
/** About one message a second in a channel, and several hundred a minute in a workspace. */
export const POSTING: Limit = { perMinute: 300, burst: 60, perChannel: { perMinute: 60, burst: 4 } };
export const GENEROUS: Limit = { perMinute: 600, burst: 200 };

/** Token buckets by method and, where the method has that, by channel. */
export class RateLimits {
  readonly #buckets = new Map<string, { tokens: number; atEpochMs: number }>();
  readonly #now: () => number;
  readonly #speed: number;

  /** `speed` 10 lets a second's worth of calls pass in 100 ms; 0 turns limits off. */
  constructor(now: () => number, speed: number) {
    this.#now = now;
    this.#speed = speed;
  }

  /** Takes one call; answers the seconds to wait when there is none to take. */
  take(method: string, limit: Limit, channel: string | undefined): number | undefined {
    if (this.#speed === 0) return undefined;
    const keys: [string, Limit][] = [[method, limit]];
    if (limit.perChannel && channel !== undefined) keys.push([`${method} ${channel}`, limit.perChannel]);
    const buckets = keys.map(([key, each]) => ({ bucket: this.#refilled(key, each), limit: each }));
    const empty = buckets.filter(({ bucket }) => bucket.tokens < 1);
    if (empty.length > 0)
      return Math.max(
        ...empty.map((each) =>
          Math.max(1, Math.ceil(((1 - each.bucket.tokens) * 60) / (each.limit.perMinute * this.#speed))),
        ),
      );
    for (const { bucket } of buckets) bucket.tokens -= 1;
    return undefined;
  }

  #refilled(key: string, limit: Limit): { tokens: number; atEpochMs: number } {
    const now = this.#now();
    const bucket = this.#buckets.get(key) ?? { tokens: limit.burst, atEpochMs: now };
    const gained = (Math.max(0, now - bucket.atEpochMs) / 60_000) * limit.perMinute * this.#speed;
    bucket.tokens = Math.min(limit.burst, bucket.tokens + gained);
    bucket.atEpochMs = now;
    this.#buckets.set(key, bucket);
    return bucket;
  }
}
