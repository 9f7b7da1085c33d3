import { setTimeout as sleep } from 'node:timers/promises';
import { makeSnapshot, type Snapshot } from '../../render/snapshot.ts';
import { servedSnapshot } from '../encode-served.ts';
import type { ServedSnapshot } from '../served-snapshot.ts';
import type { Offer, SnapshotSource } from './snapshot-source.ts';

export type FollowPorts = {
  /** Before anything is served: what nodes may hold from before, oldest first. */
  readonly onEarlier: (earlier: readonly ServedSnapshot[]) => void;
  /** Something new is to be served: encoded, and as it was delivered. */
  readonly onServed: (served: ServedSnapshot, snapshot: Snapshot) => void;
  /** Why what is served is not what the source holds; undefined: it is. */
  readonly onProblem: (problem: string | undefined) => void;
};

/** How often the source is asked whether it is there at all, beside being watched. */
const LOOK_EVERY_MS = 5_000;
/** A source that gives no answer for so long is gone. */
const ANSWER_WITHIN_MS = 10_000;
const RETRY_AFTER_MS = 500;
/** Envoys that were away for more changes than this are not expected. */
const EARLIER = 5;

/**
 * Serves what the source holds, and every change of it, until aborted. What was served last goes on being served when the source is
 * gone or holds something that cannot be served; the problem says so. Never rejects.
 */
export async function followSource(source: SnapshotSource, ports: FollowPorts, signal: AbortSignal): Promise<void> {
  let version: string | undefined;
  let servedDigest: string | undefined;
  let unusable: string | undefined;
  let gone: string | undefined;
  let remembered = false;
  const remember = async (): Promise<void> => {
    if (remembered) return;
    remembered = true;
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
      ports.onEarlier(servable(await source.earlier(EARLIER, limit)));
    } catch {
      // Then a node whose clusters are replaced right now may miss one for a moment; not to serve would be worse.
    }
  };
  const tell = (): void => ports.onProblem(gone ?? unusable);
  const take = (offer: Offer): void => {
    gone = undefined;
    if (offer.version !== version) {
      const taken = readOffer(offer, servedDigest);
      version = offer.version;
      unusable = taken.kind === 'problem' ? taken.problem : undefined;
      if (taken.kind === 'served' && taken.served.digest !== servedDigest) {
        servedDigest = taken.served.digest;
        ports.onServed(taken.served, taken.snapshot);
      }
    }
    tell();
  };
  const look = async (): Promise<void> => {
    const before = version;
    try {
      const offer = await source.read(AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]));
      gone = undefined;
      if (offer.kind === 'snapshot') await remember();
      // The watch may have been faster: then this is what was there before.
      if (version === before) take(offer);
      else tell();
    } catch (error) {
      if (signal.aborted) return;
      gone = `${source.name} cannot be read: ${wordsOf(error)}; ${keeping(servedDigest)}`;
      tell();
    }
  };
  const watch = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        for await (const offer of source.watch(version, signal)) {
          if (offer.kind === 'snapshot') await remember();
          take(offer);
        }
      } catch {
        // `look` says what is wrong.
      }
      await pause(RETRY_AFTER_MS, signal);
    }
  };
  const lookOften = async (): Promise<void> => {
    while (!signal.aborted) {
      await pause(LOOK_EVERY_MS, signal);
      if (!signal.aborted) await look();
    }
  };
  await look();
  await Promise.all([watch(), lookOften()]);
}

/** Oldest first; what cannot be encoded any more was not served either. */
const servable = (snapshots: readonly Snapshot[]): ServedSnapshot[] =>
  snapshots.toReversed().flatMap(({ digest, resources }) => {
    try {
      return [servedSnapshot(digest, resources)];
    } catch {
      return [];
    }
  });

type Taken =
  | { readonly kind: 'served'; readonly served: ServedSnapshot; readonly snapshot: Snapshot }
  | { readonly kind: 'problem'; readonly problem: string };

function readOffer(offer: Offer, servedDigest: string | undefined): Taken {
  const problem = (what: string): Taken => ({ kind: 'problem', problem: `${what}; ${keeping(servedDigest)}` });
  if (offer.kind === 'empty') return problem('nothing was delivered');
  if (offer.kind === 'unusable') return problem(offer.problem);
  const { stage, resources, bootstrap, generators, digest } = offer.snapshot;
  const content = makeSnapshot(stage, resources, bootstrap, generators).digest;
  if (content !== digest)
    return problem(
      `the manifest says digest ${digest.slice(0, 12)}, but the content beside it is ${content.slice(0, 12)}`,
    );
  try {
    return { kind: 'served', served: servedSnapshot(digest, resources), snapshot: offer.snapshot };
  } catch (error) {
    return problem(`${digest.slice(0, 12)} does not decode: ${wordsOf(error)}`);
  }
}

const keeping = (servedDigest: string | undefined): string =>
  servedDigest === undefined ? 'nothing is served' : `${servedDigest.slice(0, 12)} is served on`;

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const pause = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal }).catch(() => {});
