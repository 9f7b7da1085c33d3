import type { JsonObject } from '../../../render/json.ts';
import { listAt, numberAt, objectAt, objectsAt, textAt } from '../../../render/read-json.ts';
import { resourcesOf, type Snapshot } from '../../../render/snapshot.ts';
import { typeOf } from '../../matching/canonical-body.ts';
import { aggregatedBy, discoveryOf, httpOptionsOf, upstreamProtocolOf } from '../../substitute/cluster-facts.ts';
import { endpointsOf, hostAt } from '../../substitute/cluster-hosts.ts';
import { assignmentOf } from '../../substitute/collect-hosts.ts';
import { harmlessFilter } from './filter-kinds.ts';

/** Whether a cluster's stand-ins can be asked to answer. */
export type ClusterOutcome =
  | {
      readonly kind: 'answers';
      /** The clusters whose stand-ins may answer: itself, or the members of an aggregate. */
      readonly clusters: readonly string[];
      /** Why Envoy may answer in their place. */
      readonly unsure?: string;
      /** True if all of them speak HTTP/2 to their hosts whatever the request came in. */
      readonly http2: boolean;
      /** True if one of them asks its hosts' health by gRPC. */
      readonly grpcHealth: boolean;
    }
  | { readonly kind: 'unknown'; readonly reason: string };

const unknown = (reason: string): ClusterOutcome => ({ kind: 'unknown', reason });
const DEPTH = 5;

/** Reads clusters by name, those of the bootstrap included. */
export class ClusterReader {
  readonly #snapshot: Snapshot;
  readonly #clusters: ReadonlyMap<string, JsonObject>;
  readonly #outcomes = new Map<string, ClusterOutcome>();

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
    const all = [
      ...objectsAt(snapshot.bootstrap, 'staticResources', 'clusters'),
      ...resourcesOf(snapshot, 'cluster').map(({ body }) => body),
    ];
    this.#clusters = new Map(all.map((body) => [textAt(body, 'name') ?? '', body]));
  }

  names(): readonly string[] {
    return [...this.#clusters.keys()];
  }

  outcomeOf(name: string): ClusterOutcome {
    const known = this.#outcomes.get(name);
    if (known) return known;
    const outcome = this.#read(name, 0);
    this.#outcomes.set(name, outcome);
    return outcome;
  }

  #read(name: string, depth: number): ClusterOutcome {
    const cluster = this.#clusters.get(name);
    if (!cluster) return unknown(`cluster ${name} is not in the snapshot`);
    const discovery = discoveryOf(cluster);
    if (discovery === 'aggregate') return this.#aggregate(name, cluster, depth);
    if (discovery === 'original-dst')
      return unknown(`cluster ${name} sends requests to where they were going, which is nowhere in a cell`);
    if (discovery === 'dynamic-forward-proxy') return unknown(`cluster ${name} takes its hosts from requests`);
    if (discovery === 'other')
      return unknown(
        `cluster ${name} is of type ${typeOf(cluster.clusterType) || textAt(cluster, 'clusterType', 'name') || textAt(cluster, 'type')}`,
      );
    const protocol = upstreamProtocolOf(cluster);
    if (protocol === 'h3') return unknown(`cluster ${name} speaks HTTP/3 to its hosts, which stand-ins do not`);
    const socket = typeOf(objectAt(cluster, 'transportSocket')?.typedConfig);
    if (/\.(alts|starttls|quic|internal_upstream)\./.test(socket))
      return unknown(`cluster ${name} has transport socket ${socket}, which stand-ins do not speak`);
    const assignment = assignmentOf(this.#snapshot, cluster);
    const endpoints = assignment ? endpointsOf(assignment) : [];
    if (endpoints.length === 0) return unknown(`cluster ${name} has no hosts`);
    if (!endpoints.some(hostAt)) return unknown(`cluster ${name} leads to an internal listener`);
    if (
      !objectsAt(assignment, 'endpoints')
        .flatMap((locality) => objectsAt(locality, 'lbEndpoints'))
        .some(mayServe)
    ) {
      return unknown(`cluster ${name} has no host that is not marked unhealthy or draining`);
    }
    const why = this.#unsure(name, cluster, assignment);
    return {
      kind: 'answers',
      clusters: [name],
      ...(why === undefined ? {} : { unsure: why }),
      http2: protocol === 'h2',
      grpcHealth: objectsAt(cluster, 'healthChecks').some((check) => objectAt(check, 'grpcHealthCheck') !== undefined),
    };
  }

  #aggregate(name: string, cluster: JsonObject, depth: number): ClusterOutcome {
    if (depth >= DEPTH) return unknown(`cluster ${name} is nested too deep`);
    const members = aggregatedBy(cluster).map((member) => this.#read(member, depth + 1));
    const answering = members.filter((outcome) => outcome.kind === 'answers');
    if (answering.length === 0) return members[0] ?? unknown(`cluster ${name} has no members`);
    // A member without hosts is passed over, and one that cannot be judged might take the request all the same.
    const odd = members.find((outcome) => outcome.kind === 'unknown');
    const why = odd?.kind === 'unknown' ? odd.reason : answering.find(({ unsure }) => unsure !== undefined)?.unsure;
    return {
      kind: 'answers',
      clusters: [...new Set(answering.flatMap(({ clusters }) => clusters))],
      ...(why === undefined ? {} : { unsure: why }),
      http2: answering.every(({ http2 }) => http2),
      grpcHealth: answering.some(({ grpcHealth }) => grpcHealth),
    };
  }

  #unsure(name: string, cluster: JsonObject, assignment: JsonObject | undefined): string | undefined {
    const thresholds = objectsAt(cluster, 'circuitBreakers', 'thresholds');
    const closed = ['maxConnections', 'maxRequests', 'maxPendingRequests'];
    if (thresholds.some((threshold) => closed.some((field) => numberAt(threshold, field) === 0))) {
      return `a circuit breaker of cluster ${name} lets nothing through`;
    }
    if (objectsAt(assignment, 'policy', 'dropOverloads').length > 0)
      return `cluster ${name} drops a share of its requests`;
    const subsets = objectAt(cluster, 'lbSubsetConfig');
    if (subsets && (textAt(subsets, 'fallbackPolicy') ?? 'NO_FALLBACK') === 'NO_FALLBACK') {
      return `cluster ${name} answers only for subsets of its hosts`;
    }
    const filter = objectsAt(httpOptionsOf(cluster), 'httpFilters').find(
      (candidate) => !harmlessFilter(typeOf(candidate.typedConfig)),
    );
    return filter && `upstream filter ${textAt(filter, 'name')} of cluster ${name} may answer by itself`;
  }
}

const mayServe = (item: JsonObject): boolean =>
  !['UNHEALTHY', 'DRAINING', 'TIMEOUT'].includes(textAt(item, 'healthStatus') ?? '');

/** The cluster that health checks of the cell wait for; why not, where they cannot. */
export function healthOutcome(reader: ClusterReader, cluster: JsonObject): ClusterOutcome {
  const name = textAt(cluster, 'name') ?? '';
  const custom = objectsAt(cluster, 'healthChecks').find((check) => objectAt(check, 'customHealthCheck'));
  if (custom)
    return unknown(
      `its health check ${textAt(custom, 'customHealthCheck', 'name')} is one that stand-ins do not answer`,
    );
  return reader.outcomeOf(name);
}

export const isHealthChecked = (cluster: JsonObject): boolean => listAt(cluster, 'healthChecks').length > 0;
