import { parse } from 'yaml';
import { guardSnapshot } from '../../../conformance/guards/guard-snapshot.ts';
import { newestApiSet } from '../../../render/api/api-set.ts';
import { canonicaliser } from '../../../render/api/canonicaliser.ts';
import type { Finding } from '../../../render/finding.ts';
import type { EnvoyVersion, StageName } from '../../../render/ids.ts';
import type { JsonObject } from '../../../render/json.ts';
import { RESOURCE_TYPES, type ResourceKind } from '../../../render/resource.ts';
import { makeSnapshot, type Snapshot } from '../../../render/snapshot.ts';

/** `{ cluster: '- name: a …' }`: YAML lists of resources by kind. */
export type Texts = Partial<Record<ResourceKind, string>>;

/** A snapshot from YAML texts, without the files and the loader; fails on anything that the API refuses. */
export function snapshotOf(texts: Texts, bootstrap?: JsonObject): Snapshot {
  const canonicalise = canonicaliser(newestApiSet());
  const resources = Object.entries(texts).flatMap(([key, text]) => {
    const kind = key as ResourceKind;
    const bodies: JsonObject[] = parse(text);
    return bodies.map((body, index) => {
      const at = { file: `${RESOURCE_TYPES[kind].folder}.yaml`, line: index + 1, column: 1 };
      const { resource, findings } = canonicalise({ kind, body, at });
      const errors = findings.filter(({ severity }) => severity === 'error');
      if (!resource || errors.length > 0) throw new Error(JSON.stringify(errors));
      return resource;
    });
  });
  return makeSnapshot('beta' as StageName, resources, bootstrap);
}

export const SETTINGS = { defaultPanicThresholdPercent: 50, rehearsalRequestsPerSecond: 100 };

export const guard = (snapshot: Snapshot, live?: Snapshot): readonly Finding[] =>
  guardSnapshot(snapshot, { envoys: ['1.40.0' as EnvoyVersion], settings: SETTINGS, ...(live ? { live } : {}) });

/** `rule severity` of each finding, for tables. */
export const told = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ rule, severity }) => (severity === 'error' ? rule : `${rule} (warning)`));
