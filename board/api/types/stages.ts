import type { CellState } from '../../../pipeline/engine/matrix/cell-state.ts';
import type { GateReport } from '../../../pipeline/gates/gate.ts';
import type { Actor, PersonId, PromotionId, Revision } from '../../../pipeline/ids.ts';
import type { FleetTroubles } from '../../../pipeline/observe/fleet-troubles.ts';
import type { Explanation } from '../../../pipeline/promotion/explain.ts';
import type { Drift, Freeze, Hold, Landed, LineRecord } from '../../../pipeline/stage/stage-record.ts';
import type { StageName } from '../../../render/ids.ts';
import type { Stale } from './problem.ts';
import type { PromotionRow } from './promotion-row.ts';

/** `GET /api/stages`: the home page. */
export type StagesView = {
  /** Of the mesh config that names the stages. */
  readonly revision: Revision;
  readonly stopped?: LineRecord['stopped'];
  /** In promotion order. */
  readonly stages: readonly StageView[];
  /** What needs a person, the most pressing first; empty: nothing does. */
  readonly needs: readonly Need[];
  readonly stale: readonly Stale[];
};

export type StageView = {
  readonly name: StageName;
  /** Versions of Envoy that the stage runs on. */
  readonly envoys: readonly string[];
  readonly live?: LiveView;
  readonly onTheWay?: OnTheWay;
  /** Behind `onTheWay`. */
  readonly queued: readonly PromotionId[];
  readonly hold?: Hold;
  readonly freeze?: Freeze;
  readonly drift?: Drift;
  readonly fleet: FleetCounts;
  /** Newest first; at most ten, of this stage. */
  readonly recent: readonly PromotionRow[];
  readonly traffic: TrafficView;
};

/** What is live. */
export type LiveView = Landed & {
  readonly requestedBy?: Actor;
  readonly approvedBy: readonly PersonId[];
};

/** The promotion that is on its way in a stage. */
export type OnTheWay = {
  readonly promotion: PromotionRow;
  /** Of a promotion at its gates; else empty. */
  readonly gates: readonly GateReport[];
  readonly why?: Explanation;
  /** `3 of 5 cells ended`, `37/40 Envoys ACKed`. */
  readonly progress?: string;
  readonly cells: readonly { readonly envoy: string; readonly state: CellState }[];
};

/** Envoys of a stage by what they do with what is served to them. */
export type FleetCounts = {
  readonly connected: number;
  /** They run what their control plane serves. */
  readonly applied: number;
  /** Of the connected ones: they run what is live in the stage, or on its way there. */
  readonly appliedLive: number;
  readonly pending: number;
  readonly refused: number;
  /** Not connected any more; forgotten a while later. */
  readonly gone: number;
  readonly controlPlanes: readonly {
    readonly id: string;
    readonly servedDigest?: string;
    readonly problem?: string;
  }[];
  /** What control planes find that people should look at, such as a source of hosts that fails; absent: nothing. */
  readonly troubles?: FleetTroubles;
};

/** Requests through the fleet of a stage, in equal steps, oldest first. A step of which nothing is known is `null`, which is not "none". */
export type TrafficView = {
  readonly fromEpochMs: number;
  readonly stepMs: number;
  readonly points: readonly (TrafficPoint | null)[];
  /** Of all steps together; absent: nothing is known. */
  readonly sum?: TrafficPoint;
};
export type TrafficPoint = {
  readonly requests: number;
  readonly failures: number;
  /** 0 to 1; absent without requests. */
  readonly successShare?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** Requests that were sent to hosts in panic mode. */
  readonly panicPicks: number;
};

export const NEED_KINDS = [
  'undecided',
  'unconfirmed',
  'errored',
  'approve',
  'hold',
  'drift',
  'refused',
  'stopped',
  'frozen',
] as const;
export type NeedKind = (typeof NEED_KINDS)[number];

/** Something that goes on only when a person does something. */
export type Need = {
  readonly kind: NeedKind;
  readonly stage?: StageName;
  readonly promotion?: PromotionId;
  /** One line. */
  readonly words: string;
  /** Groups and people who can. */
  readonly owners: readonly string[];
  readonly sinceEpochMs: number;
  /** When Meshgate ends it by itself. */
  readonly untilEpochMs?: number;
  /** What to type in Slack (`/mesh …`) or at a prompt (`mesh …`). */
  readonly ways: readonly { readonly command: string; readonly does: string }[];
};
