import type { JsonValue } from '../../render/json.ts';
import { isJsonObject } from '../../render/json.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import type { Starvation } from './starvation.ts';

/** What a check or a request that failed had to bear meanwhile. */
export type Strain = {
  /** A check's name, or what a finding of a rehearsal saw. */
  readonly of: string;
  /** The time limit in question. */
  readonly limitMs: number;
  /** The longest wait within the limit, and who waited. */
  readonly waitedMs: number;
  readonly who: 'envoy' | 'meshgate';
};

/** No limit that is written is longer than what anybody waits for an answer in a cell: stand-ins answer in milliseconds. */
export const LONGEST_LIMIT_MS = 1_000;
/** Of ext_authz and ext_proc, where nothing else is written. */
const SHORTEST_DEFAULT_MS = 200;

/** The shortest time limit that a snapshot sets (`…timeout` in any resource), at most a second; never less than 20 ms. */
export function shortestLimitMs(snapshot: Snapshot): number {
  let shortest = LONGEST_LIMIT_MS;
  const look = (value: JsonValue, key: string): void => {
    if (Array.isArray(value)) for (const item of value) look(item, key);
    else if (isJsonObject(value)) for (const [name, member] of Object.entries(value)) look(member, name);
    else if (typeof value === 'string') {
      if (key === '@type' && /\.ext_(authz|proc)\./.test(value)) shortest = Math.min(shortest, SHORTEST_DEFAULT_MS);
      const limitMs = /timeout$/i.test(key) && /^[\d.]+s$/.test(value) ? Number.parseFloat(value) * 1_000 : 0;
      if (limitMs > 0) shortest = Math.min(shortest, limitMs);
    }
  };
  for (const { body } of snapshot.resources) look(body, '');
  return Math.max(20, shortest);
}

export function strainOf(of: string, limitMs: number, { envoyMs = 0, ownMs }: Starvation): Strain {
  const who = envoyMs >= ownMs ? 'envoy' : 'meshgate';
  return { of, limitMs, waitedMs: Math.round(Math.max(envoyMs, ownMs)), who };
}

/** The worst that any Envoy which took part had to bear; nothing where none is left to ask. */
export function worstStrain(of: string, limitMs: number, borne: readonly Starvation[]): Strain {
  const none: Strain = { of, limitMs, waitedMs: 0, who: 'meshgate' };
  return borne
    .map((starvation) => strainOf(of, limitMs, starvation))
    .reduce((most, one) => (one.waitedMs > most.waitedMs ? one : most), none);
}
