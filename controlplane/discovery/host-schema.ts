import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../render/json.ts';
import { type DiscoveredHost, HOST_HEALTH, hostAddress, MAX_WEIGHT } from './discovered-host.ts';

const MAX_METADATA_BYTES = 4_096;
const MAX_METADATA_DEPTH = 5;
/** Envoy and people see these: no control characters. */
const name = (longest: number) =>
  z
    .string({ error: 'a text' })
    .regex(new RegExp(`^[^\\p{Cc}]{1,${longest}}$`, 'u'), `a text of 1 to ${longest} characters`);
const part = name(128).optional();

const address = z.string({ error: 'an IP address' }).transform((text, context) => {
  const read = hostAddress(text);
  if (read !== undefined) return read;
  context.addIssue({ code: 'custom', message: 'an IP address that requests can be sent to' });
  return z.NEVER;
});

const metadata = z
  .custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), 'an object')
  .refine((value) => isPlain(value, MAX_METADATA_DEPTH), `JSON, at most ${MAX_METADATA_DEPTH} deep`)
  .refine(
    (value) => Buffer.byteLength(JSON.stringify(value)) <= MAX_METADATA_BYTES,
    `at most ${MAX_METADATA_BYTES} bytes of metadata`,
  );

const whole = (lowest: number, highest: number) => {
  const error = `a whole number from ${lowest} to ${highest}`;
  return z.int({ error }).min(lowest, error).max(highest, error);
};

/** A host as people and programs write it: in a file, or registering itself. */
export const hostFields = {
  address,
  port: whole(1, 65_535),
  health: z.enum(HOST_HEALTH, { error: `one of ${HOST_HEALTH.join(', ')}` }).optional(),
  weight: whole(1, MAX_WEIGHT).optional(),
  locality: z.strictObject({ region: part, zone: part, sub_zone: part }).optional(),
  hostname: name(253).optional(),
  metadata: metadata.optional(),
};

const writtenHost = z.strictObject(hostFields);
export type WrittenHost = z.output<typeof writtenHost>;

export function hostOf(written: WrittenHost): DiscoveredHost {
  const { address, port, health = 'unknown', weight = 1, locality, hostname, metadata = {} } = written;
  const { region = '', zone = '', sub_zone: subZone = '' } = locality ?? {};
  return {
    address,
    port,
    health,
    weight,
    ...(locality ? { locality: { region, zone, subZone } } : {}),
    ...(hostname === undefined ? {} : { hostname }),
    metadata,
  };
}

export const hostList = z.array(writtenHost, { error: 'a list of hosts' });

/** `[2].port: want a whole number from 1 to 65535`, the first of several; never what was written, which may be a secret. */
export function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  if (!issue) return 'it cannot be read';
  const place = issue.path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key).slice(0, 60)}`))
    .join('');
  const more = error.issues.length > 1 ? `, and ${error.issues.length - 1} more` : '';
  const want =
    issue.code === 'unrecognized_keys'
      ? `unknown member ${issue.keys.map((key) => key.slice(0, 60)).join(', ')}`
      : `want ${issue.message}`;
  return `${place.replace(/^\./, '')}${place === '' ? '' : ': '}${want}${more}`;
}

/** JSON and nothing else: no number that JSON does not have, no prototype tricks. */
function isPlain(value: JsonValue, depth: number): boolean {
  if (depth < 0) return false;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null)
    return ['string', 'boolean'].includes(typeof value) || value === null;
  if (Array.isArray(value)) return value.every((inner) => isPlain(inner, depth - 1));
  return Object.entries(value).every(([key, inner]) => key !== '__proto__' && isPlain(inner, depth - 1));
}
