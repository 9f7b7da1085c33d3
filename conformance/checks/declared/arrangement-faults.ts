import type { Finding } from '../../../render/finding.ts';
import { wantOneOf } from '../../../render/nearest-names.ts';
import type { Resource } from '../../../render/resource.ts';
import { resourcesOf, type Snapshot } from '../../../render/snapshot.ts';
import type { Subject } from './check-subject.ts';
import { clusterHosts } from './cluster-hosts.ts';
import { parseHostAddress } from './host-address.ts';
import { shown } from './shape-findings.ts';

/** What hosts are told, and whether they are there and can show it. */
export function arrangementFaults({ written, known, applies, fault }: Subject): readonly Finding[] {
  return Object.entries(written.upstream ?? {}).flatMap(([cluster, behaviours]) =>
    [behaviours].flat().flatMap((behaviour, index) => {
      const path = ['upstream', cluster, ...(Array.isArray(behaviours) ? [index] : [])];
      const findings: Finding[] = [];
      const { host, ...told } = behaviour;
      if (Object.keys(told).length === 0)
        findings.push(
          fault(
            'check-syntax',
            path,
            'hosts that are told nothing',
            'one of failFirst, delay, reset, status, grpcStatus, headers, body, health, maintenance',
          ),
        );
      if (behaviour.maintenance && behaviour.health)
        findings.push(
          fault(
            'check-contradiction',
            [...path, 'maintenance'],
            'maintenance and health',
            'one of them: hosts in maintenance fail their health checks anyway',
          ),
        );
      const address = host === undefined ? undefined : parseHostAddress(host);
      if (host !== undefined && address === undefined)
        findings.push(fault('check-syntax', [...path, 'host'], shown(host), 'a host as address:port'));
      const resource = applies && known.snapshot ? clusterOf(known.snapshot, cluster) : undefined;
      if (!resource || !known.snapshot) return findings;
      const hosts = clusterHosts(known.snapshot, resource);
      if (address && hosts && !hosts.includes(`${address.address}:${address.port}`))
        findings.push(
          fault(
            'check-unknown-name',
            [...path, 'host'],
            `the host ${host}`,
            wantOneOf(`a host of the cluster ${cluster}`, host ?? '', hosts),
          ),
        );
      const isChecked = Array.isArray(resource.body.healthChecks) && resource.body.healthChecks.length > 0;
      if ((behaviour.health || behaviour.maintenance) && !isChecked)
        findings.push(
          fault(
            'check-health-unchecked',
            [...path, behaviour.health ? 'health' : 'maintenance'],
            `hosts that fail their health checks, in the cluster ${cluster}, which has none`,
            'a cluster with health_checks; or use status: 503 for hosts that only refuse requests',
          ),
        );
      return findings;
    }),
  );
}
const clusterOf = (snapshot: Snapshot, name: string): Resource | undefined =>
  resourcesOf(snapshot, 'cluster').find((cluster) => cluster.name === name);
