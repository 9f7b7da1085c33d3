import { setTimeout as sleep } from 'node:timers/promises';
import type { Offer, SnapshotSource } from '../../../controlplane/serve/snapshot-source.ts';
import type { StageName } from '../../../render/ids.ts';
import type { Resource } from '../../../render/resource.ts';
import { makeSnapshot, type Snapshot } from '../../../render/snapshot.ts';

export const STAGE = 'canary' as StageName;
export const snapshotOf = (...resources: readonly Resource[]): Snapshot => makeSnapshot(STAGE, resources);

/** A source in memory, which a test changes, breaks and restores. */
export function memorySource() {
  let offer: Offer = { kind: 'empty', version: '0' };
  let gone = false;
  let versions = 0;
  const past: Snapshot[] = [];
  const source: SnapshotSource = {
    name: 'memory',
    async read() {
      if (gone) throw new Error('nobody answers');
      return offer;
    },
    async earlier() {
      return past;
    },
    async *watch(known, signal) {
      for (let last = known; !signal.aborted; await sleep(20)) {
        if (gone || offer.version === last) continue;
        last = offer.version;
        yield offer;
      }
    },
  };
  const put = (
    next: { kind: 'snapshot'; snapshot: Snapshot } | { kind: 'unusable'; problem: string },
    isPastKept = true,
  ): void => {
    versions += 1;
    if (offer.kind === 'snapshot' && isPastKept) past.unshift(offer.snapshot);
    offer = { ...next, version: String(versions) };
  };
  return {
    ...source,
    /** `isPastKept` false: what was there before is not among what `earlier` gives, so that a long churn keeps nothing. */
    hold: (snapshot: Snapshot, { isPastKept = true }: { readonly isPastKept?: boolean } = {}) =>
      put({ kind: 'snapshot', snapshot }, isPastKept),
    spoil: (problem: string) => put({ kind: 'unusable', problem }),
    setGone(now: boolean) {
      gone = now;
    },
  };
}
