import { z } from 'zod';
import type { KeptRamp } from './ramp-state.ts';

const locality = z.object({ region: z.string(), zone: z.string(), subZone: z.string() });
const host = z.object({
  address: z.string(),
  port: z.number().int(),
  health: z.enum(['healthy', 'unhealthy', 'maintenance', 'unknown']),
  weight: z.number(),
  locality: locality.optional(),
  hostname: z.string().optional(),
  metadata: z.record(z.string(), z.json()),
});
const order = z.union([
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.enum(['held', 'hurried']), by: z.string(), sinceMs: z.number() }),
]);
const schema = z.object({
  version: z.number().int().nonnegative(),
  order,
  admitted: z.array(z.object({ host, priority: z.number().int().nonnegative(), established: z.boolean() })),
  bases: z.array(z.array(z.string())).optional(),
});

/** Reads a record of a ramp. Throws, in words for people, where it is none. `where`: it begins those words. */
export function keptRamp(text: string, where: string): KeptRamp {
  const parsed = schema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`${where} holds no ramp: ${z.prettifyError(parsed.error)}`);
  return parsed.data as KeptRamp;
}
