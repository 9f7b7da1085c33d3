import { z } from 'zod';
import { msOf } from '../config/written-duration.ts';
import type { Finding } from '../finding.ts';
import type { JsonObject } from '../json.ts';
import { placeOf, setPlace, valueLocation } from '../places.ts';
import { resourceLabel, type WrittenResource } from '../resource.ts';
import { shapeFindings } from '../shape-findings.ts';
import type { ClusterDiscovery, DiscoverySource, DiscoverySourceKind, Locality } from './cluster-discovery.ts';
import { discoverySchema, type WrittenDiscovery } from './discovery-schema.ts';

const RULES = { value: 'bad-discovery', unknownKey: 'bad-discovery', missingKey: 'bad-discovery' };
const jsonSchema = z.toJSONSchema(discoverySchema, { io: 'input' });

/** A cluster with its `discovery:` taken out of the fields that are Envoy's. What cannot be read of it is found, and left out. */
export function withDiscovery(written: WrittenResource, findings: Finding[]): WrittenResource {
  if (written.kind !== 'cluster' || !Object.hasOwn(written.body, 'discovery')) return written;
  const { discovery: value = null, ...rest } = written.body;
  const place = placeOf(written.body);
  const body: JsonObject = place ? setPlace(rest, place) : rest;
  const at = valueLocation(written.body, 'discovery') ?? written.at;
  const parsed = discoverySchema.safeParse(value);
  if (parsed.success) return { ...written, body, discovery: discoveryOf(parsed.data) };
  const resource = resourceLabel({ kind: 'cluster', name: String(body.name) });
  for (const finding of shapeFindings(parsed.error, value, RULES, jsonSchema, at))
    findings.push({ ...finding, resource });
  return { ...written, body };
}

const discoveryOf = (written: WrittenDiscovery): ClusterDiscovery => ({
  sources: written.sources.map(sourceOf),
  maxStaleMs: msOf(written.max_stale ?? '1h'),
  floorPercent: written.floor ?? 50,
  floorHoldMs: msOf(written.floor_hold ?? '5m'),
});

type WrittenSource = WrittenDiscovery['sources'][number];

function sourceOf(written: WrittenSource): DiscoverySource {
  const { priority = 0, locality } = written;
  return { ...kindOf(written), priority, ...(locality ? { locality: localityOf(locality) } : {}) };
}

function kindOf(written: WrittenSource): DiscoverySourceKind {
  switch (written.kind) {
    case 'consul': {
      const { kind, service, tags = [], datacenter } = written;
      return { kind, service, tags: [...new Set(tags)].sort(), ...(datacenter === undefined ? {} : { datacenter }) };
    }
    case 'registry':
      return { kind: written.kind, service: written.service };
    case 'dns': {
      const { kind, name, record = 'A', port = 0 } = written;
      return record === 'SRV' ? { kind, name, record } : { kind, name, record, port };
    }
    case 'kubernetes': {
      const { kind, namespace = 'default', service, port } = written;
      return { kind, namespace, service, ...(port === undefined ? {} : { port }) };
    }
    case 'file':
      return { kind: written.kind, path: written.path };
  }
}

const localityOf = ({ region = '', zone = '', sub_zone = '' }: NonNullable<WrittenSource['locality']>): Locality => ({
  region,
  zone,
  subZone: sub_zone,
});
