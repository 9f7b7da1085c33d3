import { z } from 'zod';
import type { JsonObject, JsonValue } from '../json.ts';
import type { Generator } from './generator.ts';

const text = z.string().min(1);
const object = z.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
const at = z.strictObject({ file: text, line: z.int().min(1), column: z.int().min(1) });
const source = z.union([
  z.strictObject({ kind: z.literal('consul'), tag: text, datacenter: text.optional() }),
  z.strictObject({ kind: z.literal('registry'), tag: text }),
  z.strictObject({ kind: z.literal('kubernetes'), namespace: text, tag: text }),
  z.strictObject({ kind: z.literal('file'), path: text, tag: text }),
]);
const generator = z.strictObject({
  name: text,
  source,
  use: object,
  templates: z.array(z.strictObject({ name: text, body: object, at })),
  values: object,
  stage: text.optional(),
  examples: z.array(z.strictObject({ name: z.string(), tags: z.array(z.string()) })).min(1),
  maxServices: z.int().min(1),
  maxStaleMs: z.number().min(0),
  floorPercent: z.number().min(0).max(100),
  floorHoldMs: z.number().min(0),
  at,
});

/** What stands in a delivery, read back; undefined where it is of another Meshgate, or was altered. */
export function deliveredGenerator(value: JsonValue): Generator | undefined {
  const read = generator.safeParse(value);
  // Zod's optional members say `undefined` where the type says absent; both are left out of JSON.
  return read.success ? (read.data as Generator) : undefined;
}
