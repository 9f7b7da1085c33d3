import { z } from 'zod';
import type { JsonValue } from '../json.ts';
import type { ClusterDiscovery } from './cluster-discovery.ts';

const text = z.string().min(1);
const locality = z.strictObject({ region: z.string(), zone: z.string(), subZone: z.string() });
const common = { priority: z.int().min(0).max(127), locality: locality.optional() };
const port = z.int().min(1).max(65_535);

const source = z.union([
  z.strictObject({
    kind: z.literal('consul'),
    service: text,
    tags: z.array(text),
    datacenter: text.optional(),
    ...common,
  }),
  z.strictObject({ kind: z.literal('registry'), service: text, ...common }),
  z.strictObject({ kind: z.literal('dns'), name: text, record: z.enum(['A', 'AAAA']), port, ...common }),
  z.strictObject({ kind: z.literal('dns'), name: text, record: z.literal('SRV'), ...common }),
  z.strictObject({
    kind: z.literal('kubernetes'),
    namespace: text,
    service: text,
    port: text.optional(),
    ...common,
  }),
  z.strictObject({ kind: z.literal('file'), path: text, ...common }),
]);

const discovery = z.strictObject({
  sources: z.array(source).min(1),
  maxStaleMs: z.number().min(0),
  floorPercent: z.number().min(0).max(100),
  floorHoldMs: z.number().min(0),
});

/** What stands in a delivery, read back; undefined where it is of another Meshgate, or was altered. */
export function deliveredDiscovery(value: JsonValue): ClusterDiscovery | undefined {
  const read = discovery.safeParse(value);
  // Zod's optional members say `undefined` where the type says absent; both are left out of JSON.
  return read.success ? (read.data as ClusterDiscovery) : undefined;
}
