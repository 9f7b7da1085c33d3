import { createHash } from 'node:crypto';
import { encodeResource } from '../render/api/encode-resource.ts';
import { endpointNameOf } from '../render/references/find-references.ts';
import { RESOURCE_KINDS, type Resource, typeUrlOf } from '../render/resource.ts';
import type { ServedResource, ServedSnapshot } from './served-snapshot.ts';

const ready = new WeakMap<Resource, ServedResource>();

/** Encodes a resource once; everything in a process that serves the same resource shares the bytes. */
export function servedResource(resource: Resource): ServedResource {
  const known = ready.get(resource);
  if (known) return known;
  const bytes = encodeResource(resource);
  const version = createHash('sha256').update(bytes).digest('hex');
  const isFound = resource.kind === 'cluster' && resource.body.edsClusterConfig !== undefined;
  const served = { name: resource.name, bytes, version, ...(isFound ? { endpoints: endpointNameOf(resource) } : {}) };
  ready.set(resource, served);
  return served;
}

/** What the control plane serves for `resources`; `digest` names the snapshot that they stand for. */
export const servedSnapshot = (digest: string, resources: readonly Resource[]): ServedSnapshot => ({
  digest,
  resources: new Map(
    RESOURCE_KINDS.map((kind) => [
      typeUrlOf(kind),
      resources.filter((resource) => resource.kind === kind).map(servedResource),
    ]),
  ),
});
