import type { TypeView } from '../../../controlplane/admin/fleet-view.ts';
import type { ReportedNode } from '../../../controlplane/fleet/fleet-report.ts';
import type { Stale } from './problem.ts';

/**
 * `GET /api/fleet?stage=&state=&version=&text=`: all Envoys, small enough to be sent whole. `board/api/fleet-rows.ts` makes rows of it.
 * Names that many rows share are sent once: a row has their place in these lists.
 */
export type FleetPayload = {
  readonly stages: readonly string[];
  readonly versions: readonly string[];
  readonly digests: readonly string[];
  /** In the order of their names. */
  readonly rows: readonly FleetTuple[];
  /** Of `rows` by their index: what they refused. */
  readonly refused: Readonly<Record<number, readonly Refusal[]>>;
  /** Of `rows` by their index, from the admin API of control planes: how it stands with each type; those of which all types are ACKed are left out. */
  readonly types: Readonly<Record<number, Readonly<Record<string, TypeState>>>>;
  /** Types that are asked for by an Envoy of a stage, by stage; absent: no admin API says so. */
  readonly typesOf: Readonly<Record<string, readonly string[]>>;
  readonly stale: readonly Stale[];
};

/** Node, stage, version, state, digest, connected since, state since, last seen (each in ms since 1970; null: it is connected). */
export type FleetTuple = readonly [
  node: string,
  stage: number,
  version: number,
  state: number,
  digest: number,
  connectedSinceEpochMs: number,
  stateSinceEpochMs: number,
  seenEpochMs: number | null,
];
/** `state` of a row is a place in this list. */
export const NODE_STATES = [
  'applied',
  'pending',
  'refused',
  'gone',
] as const satisfies readonly ReportedNode['state'][];

export type Refusal = {
  /** `CDS`, or the type's URL where it has no short name. */
  readonly type: string;
  readonly resources: readonly string[];
  /** Envoy's own words. */
  readonly reason: string;
};
export type TypeState = Pick<TypeView, 'state' | 'reason'>;

export type FleetRow = {
  readonly node: string;
  readonly stage: string;
  readonly version: string;
  readonly state: ReportedNode['state'];
  readonly digest: string;
  readonly connectedSinceEpochMs: number;
  readonly stateSinceEpochMs: number;
  /** Absent: it is connected, and so seen all the time. */
  readonly seenEpochMs?: number;
  readonly refused: readonly Refusal[];
  /** Absent: no admin API says so. */
  readonly types?: Readonly<Record<string, TypeState>>;
};
