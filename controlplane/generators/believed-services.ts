import type { Generator, KnownService } from '../../render/generators/generator.ts';
import { type EarlierCounts, isBelowFloor, nextEarlier } from '../discovery/combine/earlier-counts.ts';
import type { ServicesAnswer } from './service-list.ts';

type Bounds = Pick<Generator, 'maxStaleMs' | 'floorPercent' | 'floorHoldMs'>;

/** What is believed of a generator's source. Plain data: the same answers at the same times give the same state. */
export type ServicesState = {
  readonly bounds: Bounds;
  /** The last answer that was believed; absent before the first, and once it is too old. */
  readonly believed?: { readonly services: readonly KnownService[]; readonly atEpochMs: number };
  /** Of the services of answers before it, which the floor is counted by; absent: there were none with more. */
  readonly earlier?: EarlierCounts;
  /** An answer below the floor, which waits to be believed; since when such answers are given without a break. */
  readonly held?: { readonly services: readonly KnownService[]; readonly sinceEpochMs: number };
  /** Since the first of the failures in a row. */
  readonly failing?: { readonly sinceEpochMs: number; readonly problem: string };
  /** There was an answer, which is too old to be believed. */
  readonly expired?: true;
};

/** `remembered`: what was believed before a restart, and when it was last seen to be so; believed on until the source is heard. */
export function startServices(
  bounds: Bounds,
  nowEpochMs: number,
  remembered?: { readonly services: readonly KnownService[]; readonly sinceEpochMs: number },
): ServicesState {
  if (!remembered || nowEpochMs - remembered.sinceEpochMs >= bounds.maxStaleMs) return { bounds };
  const { services, sinceEpochMs } = remembered;
  const problem = 'it has not answered since the control plane started';
  return { bounds, believed: { services, atEpochMs: sinceEpochMs }, failing: { sinceEpochMs, problem } };
}

/** Every step of it, as of the hosts of a cluster (`nextDiscovery`). `answer` undefined: nothing happened but that time went by. */
export function nextServices(state: ServicesState, answer: ServicesAnswer | undefined, now: number): ServicesState {
  return withTime(answer ? withAnswer(state, answer, now) : state, now);
}

function withAnswer(state: ServicesState, answer: ServicesAnswer, now: number): ServicesState {
  if (answer.kind === 'failed')
    return { ...state, failing: { sinceEpochMs: state.failing?.sinceEpochMs ?? now, problem: answer.problem } };
  const { bounds, believed, earlier = [], held, failing } = state;
  const { services } = answer;
  if (!believed) return { bounds, believed: { services, atEpochMs: now } };
  const [given, before] = [services.length, believed.services.length];
  if (!isBelowFloor(given, before, earlier, bounds, now)) {
    const counts = nextEarlier(given, before, earlier, bounds.floorHoldMs, now);
    return { bounds, believed: { services, atEpochMs: now }, ...(counts.length > 0 ? { earlier: counts } : {}) };
  }
  // A failure in between is a break: an outage is the likeliest cause of an answer with few services.
  const sinceEpochMs = held && !failing ? held.sinceEpochMs : now;
  return { bounds, believed, ...(state.earlier ? { earlier } : {}), held: { services, sinceEpochMs } };
}

function withTime(state: ServicesState, now: number): ServicesState {
  const { bounds, believed, held, failing } = state;
  if (believed && failing && now - failing.sinceEpochMs >= bounds.maxStaleMs) return { bounds, failing, expired: true };
  if (held && !failing && now - held.sinceEpochMs >= bounds.floorHoldMs)
    return { bounds, believed: { services: held.services, atEpochMs: now } };
  return state;
}

/** What there is to instantiate: of a held answer what is new counts, and what it lacks stays. Undefined: nothing was ever said. */
export function servicesOf({ believed, held, expired }: ServicesState): readonly KnownService[] | undefined {
  if (!believed) return expired ? [] : undefined;
  if (!held) return believed.services;
  const given = new Map(held.services.map((service) => [service.name, service]));
  const kept = believed.services.filter(({ name }) => !given.has(name));
  return [...held.services, ...kept].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** When something changes by time alone; undefined: never. */
export function servicesDueEpochMs({ bounds, believed, held, failing }: ServicesState): number | undefined {
  if (failing) return believed ? failing.sinceEpochMs + bounds.maxStaleMs : undefined;
  return held ? held.sinceEpochMs + bounds.floorHoldMs : undefined;
}
