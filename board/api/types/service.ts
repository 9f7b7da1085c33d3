import type { DiscoveryReport } from '../../../controlplane/discovery/combine/discovery-report.ts';
import type { RampView } from '../../../controlplane/ramp/ramp-view.ts';
import type { Digest, StageName } from '../../../render/ids.ts';
import type { JsonObject } from '../../../render/json.ts';
import type { Reference } from '../../../render/references/reference.ts';
import type { ResourceKind } from '../../../render/resource.ts';
import type { SourceLocation } from '../../../render/source-location.ts';
import type { MapEdge } from './mesh-map.ts';
import type { Stale } from './problem.ts';

/** `GET /api/mesh/:stage/services/:name`. */
export type ServiceView = {
  readonly stage: StageName;
  readonly name: string;
  readonly digest: Digest;
  readonly at: SourceLocation;
  /** The cluster and its endpoints, as rendered. */
  readonly config: readonly { readonly kind: ResourceKind; readonly name: string; readonly body: JsonObject }[];
  readonly hosts: readonly ServiceHost[];
  /** What hosts are of: of the control plane, as it serves them now; `config`: as promoted. */
  readonly hostsFrom: 'control-plane' | 'config';
  /** Of each control plane that finds hosts for the cluster. */
  readonly ramps: readonly { readonly controlPlane: string; readonly ramp: RampView }[];
  readonly discovery: readonly { readonly controlPlane: string; readonly report: DiscoveryReport }[];
  readonly envoys: readonly { readonly version: string; readonly connected: number; readonly applied: number }[];
  /** Who calls it, and whom Envoys of its name call; from access logs. */
  readonly callers: readonly MapEdge[];
  readonly calls: readonly MapEdge[];
  /** What names it. */
  readonly namedBy: readonly ServiceReference[];
  /** What it names (its endpoints, secrets, aggregates). */
  readonly names: readonly ServiceReference[];
  /** All that is reached from it by those who name it, and those who name them: who breaks without it. */
  readonly breaks: readonly { readonly kind: ResourceKind; readonly name: string }[];
  readonly stale: readonly Stale[];
};
export type ServiceHost = {
  readonly address: string;
  readonly priority: number;
  readonly locality?: string;
  /** `HEALTHY`, `UNHEALTHY`, `UNKNOWN` …, as the config says; of hosts that are found: what is seen of them. */
  readonly health: string;
  readonly onTrial?: boolean;
  readonly isWanted?: boolean;
};
export type ServiceReference = Pick<Reference, 'role' | 'whenMissing' | 'at'> & {
  readonly kind: ResourceKind;
  readonly name: string;
  /** `routes[prefix /api].route.cluster`, as people write it. */
  readonly field: string;
  /** It is not there. */
  readonly isMissing: boolean;
};
