import { type Digest, shortDigest } from '../../render/ids.ts';
import type { ControlPlaneState, FleetNode, FleetView } from '../observe/fleet-view.ts';
import type { Drift, StageRecord } from '../stage/stage-record.ts';
import type { Held } from '../targets/target.ts';

export type FoundDrift = Omit<Drift, 'sinceEpochMs'>;
export type DriftInput = {
  readonly stage: StageRecord;
  readonly held: Held;
  readonly nodes: readonly FleetNode[];
  readonly controlPlanes: readonly ControlPlaneState[];
  /** A promotion has, or may have, something unsettled there: what differs then is its doing. */
  readonly occupied: boolean;
  readonly nowEpochMs: number;
};

/** Control planes pick up a change within a second, and say so within five. */
export const SERVED_GRACE_MS = 15_000;
/** Envoys take a change within seconds, unless clusters warm for long. */
export const APPLIED_GRACE_MS = 30_000;
const NAMED = 5;

/**
 * Where promoted, delivered, served and applied part, the first of them in that order; undefined: nowhere, or it is too soon to tell.
 * Without control planes or nodes there is nothing that differs: observation tells of those. Pure.
 */
export function findDrift(input: DriftInput): FoundDrift | undefined {
  const { stage, held, occupied, nowEpochMs } = input;
  if (occupied || !stage.live) return undefined;
  const { digest: want, atEpochMs } = stage.live;
  const delivered = deliveredDrift(want, held);
  if (delivered) return delivered;
  const sinceMs = nowEpochMs - atEpochMs;
  const settled = input.controlPlanes.filter((state) => nowEpochMs - state.stateSinceEpochMs >= SERVED_GRACE_MS);
  const served = sinceMs < SERVED_GRACE_MS ? undefined : servedDrift(want, settled);
  return served ?? appliedDrift(want, input.nodes, nowEpochMs, sinceMs);
}

function deliveredDrift(want: Digest, held: Held): FoundDrift | undefined {
  const drift = (saw: string): FoundDrift => ({ kind: 'delivered', want, saw, targetVersion: held.version });
  switch (held.kind) {
    case 'empty':
      return drift('the target is empty');
    case 'foreign':
      return drift(held.digest && held.digest !== want ? held.digest : `something foreign: ${held.problem}`);
    case 'delivery': {
      const { digest } = held.delivery.manifest;
      return digest === want ? undefined : drift(digest);
    }
    default:
      return held satisfies never;
  }
}

function servedDrift(want: Digest, controlPlanes: readonly ControlPlaneState[]): FoundDrift | undefined {
  const others = controlPlanes.filter(({ servedDigest }) => servedDigest !== want);
  const [first] = others;
  if (!first) return undefined;
  const alone = others.length === 1 && controlPlanes.length === 1;
  const saw =
    alone && first.servedDigest && !first.problem
      ? first.servedDigest
      : named(
          others,
          ({ id, servedDigest, problem }) => `control plane ${id} serves ${inWords(servedDigest, problem)}`,
        );
  return { kind: 'served', want, saw, targetVersion: undefined };
}

const inWords = (digest: Digest | undefined, problem: string | undefined): string =>
  `${digest ? shortDigest(digest) : 'nothing'}${problem ? ` (${problem})` : ''}`;

function appliedDrift(
  want: Digest,
  nodes: readonly FleetNode[],
  nowEpochMs: number,
  sinceMs: number,
): FoundDrift | undefined {
  if (sinceMs < APPLIED_GRACE_MS) return undefined;
  const others = nodes.filter(
    (node) =>
      node.state !== 'gone' &&
      (node.state !== 'applied' || node.servedDigest !== want) &&
      nowEpochMs - node.stateSinceEpochMs >= APPLIED_GRACE_MS,
  );
  if (others.length === 0) return undefined;
  const connected = nodes.filter(({ state }) => state !== 'gone').length;
  const saw = `${others.length} of ${connected} Envoys: ${named(others, (node) => `${node.nodeId} ${stateInWords(node, want)}`)}`;
  return { kind: 'applied', want, saw, targetVersion: undefined };
}

const stateInWords = ({ state, servedDigest }: FleetNode, want: Digest): string => {
  const what = servedDigest === want ? 'it' : shortDigest(servedDigest);
  return state === 'refused' ? `refused ${what}` : state === 'applied' ? `runs ${what}` : `has not taken ${what}`;
};

const named = <T>(all: readonly T[], words: (one: T) => string): string =>
  `${all.slice(0, NAMED).map(words).join(', ')}${all.length > NAMED ? ` and ${all.length - NAMED} more` : ''}`;

/** What an engine asks; it looks itself whether a promotion occupies the stage. Rejects when the store is gone. */
export const driftFinder =
  (fleet: FleetView) =>
  async (stage: StageRecord, held: Held, nowEpochMs: number): Promise<FoundDrift | undefined> => {
    const [nodes, controlPlanes] = await Promise.all([fleet.nodes(stage.name), fleet.controlPlanes(stage.name)]);
    return findDrift({ stage, held, nodes, controlPlanes, occupied: false, nowEpochMs });
  };
