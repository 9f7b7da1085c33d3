import type { ClusterEndpoints } from '../../controlplane/admin/endpoints-view.ts';
import type { FleetView } from '../../controlplane/admin/fleet-view.ts';
import { keepLast } from '../../pipeline/keep-last.ts';
import type { Stale } from '../api/types/problem.ts';
import { type Shared, share } from './share.ts';

/** The admin API of one control plane. */
export type ControlPlanePlace = {
  readonly stage: string;
  /** `http://10.0.0.7:18003`, without a path. */
  readonly url: string;
  /** Sent as `authorization: Bearer …`. */
  readonly token: string | undefined;
};

/** What control planes said last, and what of it is old by now because one does not answer. */
export type Told<T> = { readonly said: readonly T[]; readonly stale: readonly Stale[] };

/** What the admin APIs of control planes say. Never rejects: a control plane may be down, and the pages still show the rest. */
export type ControlPlanes = {
  /** Of all stages, or of one. */
  fleets(stage?: string): Promise<Told<FleetView>>;
  endpoints(stage: string, cluster: string): Promise<Told<ClusterEndpoints & { readonly controlPlane: string }>>;
};

const WITHIN_MS = 3_000;
/** Every page that is open asks; the control plane is asked this often. */
const KNOWN_MS = 1_000;
/** Answers about so many clusters are kept for when a control plane goes away. */
const KEPT = 256;

type Asked<T> = { readonly value: T | undefined; readonly stale: Stale | undefined };

export type ControlPlanesOptions = {
  readonly places: readonly ControlPlanePlace[];
  readonly nowEpochMs: () => number;
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
};

export function controlPlanes({ places, nowEpochMs, fetch: ask = fetch }: ControlPlanesOptions): ControlPlanes {
  const asking = new Map<string, Shared<Asked<unknown>>>();

  /** The newest answer there is, with what keeps it from being of now. */
  function lately<T>(place: ControlPlanePlace, path: string): Promise<Asked<T>> {
    const key = `${place.url}${path}`;
    let known = asking.get(key) as Shared<Asked<T>> | undefined;
    if (!known) {
      let last: { readonly value: T; readonly atEpochMs: number } | undefined;
      known = share(KNOWN_MS, async (): Promise<Asked<T>> => {
        try {
          const value = await askOne<T>(place, path, ask);
          last = value === undefined ? undefined : { value, atEpochMs: nowEpochMs() };
          return { value, stale: undefined };
        } catch (fault) {
          const what = `the control plane of ${place.stage} at ${place.url}`;
          const since = last ? { sinceEpochMs: last.atEpochMs } : {};
          return { value: last?.value, stale: { what, problem: wordsOf(fault), ...since } };
        }
      });
    }
    keepLast(asking, key, known as Shared<Asked<unknown>>, () => asking.size <= KEPT);
    return known();
  }

  async function all<T>(stage: string | undefined, path: string): Promise<Told<T>> {
    const wanted = places.filter((place) => stage === undefined || place.stage === stage);
    const answers = await Promise.all(wanted.map((place) => lately<T>(place, path)));
    return {
      said: answers.flatMap(({ value }) => (value === undefined ? [] : [value])),
      stale: answers.flatMap(({ stale }) => (stale ? [stale] : [])),
    };
  }

  return {
    fleets: (stage) => all<FleetView>(stage, '/fleet'),
    async endpoints(stage, cluster) {
      const path = `/endpoints?cluster=${encodeURIComponent(cluster)}`;
      const wanted = places.filter((place) => place.stage === stage);
      const answers = await Promise.all(
        wanted.map(async (place) => ({
          place,
          ...(await lately<{ readonly clusters: readonly ClusterEndpoints[] }>(place, path)),
        })),
      );
      return {
        said: answers.flatMap(({ place, value }) =>
          (value?.clusters ?? []).map((one) => ({ ...one, controlPlane: place.url })),
        ),
        stale: answers.flatMap(({ stale }) => (stale ? [stale] : [])),
      };
    },
  };
}

/** Undefined: it has no such thing (a cluster that it does not serve, or serves nothing yet). */
async function askOne<T>({ url, token }: ControlPlanePlace, path: string, ask: typeof fetch): Promise<T | undefined> {
  const response = await ask(`${url}${path}`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    redirect: 'error',
    signal: AbortSignal.timeout(WITHIN_MS),
  });
  if (response.status === 404) return undefined;
  if (response.status === 401) throw new Error('it wants another token');
  if (!response.ok) {
    const { problem } = (await response.json().catch(() => ({}))) as { problem?: unknown };
    throw new Error(`it answered ${response.status}${typeof problem === 'string' ? `: ${problem.slice(0, 500)}` : ''}`);
  }
  return (await response.json()) as T;
}

function wordsOf(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault);
  if (fault.name === 'TimeoutError') return `no answer within ${WITHIN_MS / 1_000} s`;
  const cause = fault.cause instanceof Error ? fault.cause : fault;
  return (cause as NodeJS.ErrnoException).code ?? cause.message;
}
