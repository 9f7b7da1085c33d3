import type { Verdict } from '../../conformance/cell.ts';
import type { MeshConfig, Stage } from '../../render/config/mesh-config.ts';
import type { Finding } from '../../render/finding.ts';
import type { StageName } from '../../render/ids.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import type { Policy } from '../access/policy.ts';
import type { SlackPeople } from '../access/slack-people.ts';
import type { Revision } from '../ids.ts';
import type { FleetView } from '../observe/fleet-view.ts';
import type { Observation } from '../observe/observation.ts';
import type { AskPrometheus } from '../observe/prometheus.ts';
import type { Promotion } from '../promotion/promotion.ts';
import type { Drift, StageRecord } from '../stage/stage-record.ts';
import type { PipelineStore } from '../store/pipeline-store.ts';
import type { Held, Target } from '../targets/target.ts';
import type { ConfigSource } from './source/config-source.ts';

export type Clock = { nowEpochMs(): number };

/** One stage of one revision, read and judged without an Envoy. */
export type StageAtRevision = {
  readonly stage: Stage;
  /** Undefined where findings of severity `error` say why. */
  readonly snapshot: Snapshot | undefined;
  readonly findings: readonly Finding[];
};

/** Reads revisions of the mesh config. A revision never changes, so what was read is kept. */
export type Revisions = {
  /** The stages, gates and access of a revision; `broken` where its `mesh.yaml` cannot be read. Rejects when nobody can tell. */
  config(revision: Revision, signal?: AbortSignal): Promise<ConfigAtRevision>;
  /** Undefined: the revision has no such stage. `live` is what the way from there to here is judged against. */
  stage(
    revision: Revision,
    name: StageName,
    live: Snapshot | undefined,
    signal?: AbortSignal,
  ): Promise<StageAtRevision | undefined>;
};
export type ConfigAtRevision =
  | { readonly kind: 'read'; readonly config: MeshConfig }
  | { readonly kind: 'broken'; readonly findings: readonly Finding[] };

/** One cell to run: exactly these bytes, from exactly what is live. */
export type CellRequest = {
  readonly revision: Revision;
  readonly stage: StageName;
  readonly envoy: string;
  /** Undefined: nothing was ever delivered there. */
  readonly live: Snapshot | undefined;
};
export type CellOutcome = {
  readonly verdict: Verdict;
  /** What was rendered and run: must be what was planned. Undefined where no Envoy was started. */
  readonly digest: string | undefined;
  readonly cached: boolean;
  /** Content hash of everything that the verdict rests on. */
  readonly basis: string;
  readonly findings: readonly Finding[];
  /** What could not be told; for `inconclusive`. */
  readonly message: string | undefined;
  /** The whole report, as JSON. */
  readonly report: string;
};
/** Runs one cell on a real Envoy. Rejects when it could not even begin. */
export type Prove = (request: CellRequest, signal: AbortSignal) => Promise<CellOutcome>;

export type ObserveRequest = {
  readonly promotion: Promotion;
  readonly policy: Policy;
  readonly nowEpochMs: number;
  readonly signal: AbortSignal;
};

export type EnginePorts = {
  readonly store: PipelineStore;
  readonly clock: Clock;
  readonly source: ConfigSource;
  readonly revisions: Revisions;
  /** What the caller gets is disposed by the caller. */
  readonly openTarget: (stage: Stage) => Promise<Target>;
  readonly prove: Prove;
  /** Asks Prometheus before a push. Default: over HTTP. */
  readonly ask?: AskPrometheus;
  readonly observe: (request: ObserveRequest) => Promise<Observation>;
  /** Compares promoted, delivered, served and applied. */
  readonly findDrift: (
    stage: StageRecord,
    held: Held,
    nowEpochMs: number,
  ) => Promise<Omit<Drift, 'sinceEpochMs'> | undefined>;
  /** What control planes and Envoys say of themselves, for `status`. Default: it says nothing of them. */
  readonly fleet?: Pick<FleetView, 'controlPlanes' | 'nodes'>;
  /** Undefined: nobody comes from Slack. */
  readonly slack: SlackPeople | undefined;
};
