import { z } from 'zod';
import type { DiscoveredHost } from '../discovered-host.ts';
import { firstIssue, hostFields, hostOf } from '../host-schema.ts';

/** One host of one service, for as long as it is said again in time. */
export type Registration = {
  readonly service: string;
  readonly host: DiscoveredHost;
  readonly tags: readonly string[];
  readonly ttlMs: number;
};

/** Shorter ones would go at the first hiccup of a network; longer ones are no sign of life. */
const LEAST_TTL_S = 5;
const MOST_TTL_S = 3_600;
const DEFAULT_TTL_S = 60;
const MAX_TAGS = 32;

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$/;
export const isServiceName = (text: string): boolean => NAME.test(text);
export const SERVICE_NAME_WANT =
  'a service name: 1 to 128 letters, digits, dots, dashes and underscores, at both ends a letter or digit';

const written = z.strictObject({
  ...hostFields,
  tags: z
    .array(z.string({ error: 'a tag' }).regex(/^[^\p{Cc}]{1,64}$/u, 'a tag of 1 to 64 characters'), {
      error: 'a list of tags',
    })
    .max(MAX_TAGS, `at most ${MAX_TAGS} tags`)
    .optional(),
  ttl_seconds: z
    .number({ error: 'a number of seconds' })
    .min(LEAST_TTL_S, `a number of seconds from ${LEAST_TTL_S} to ${MOST_TTL_S}`)
    .max(MOST_TTL_S, `a number of seconds from ${LEAST_TTL_S} to ${MOST_TTL_S}`)
    .optional(),
});

export type ReadRegistration =
  | { readonly kind: 'registration'; readonly registration: Registration }
  | { readonly kind: 'refused'; readonly problem: string };

/** What a sidecar or an app sends. Refuses whatever it does not know: a misspelt member would else be lost without a word. */
export function readRegistration(service: string, value: unknown): ReadRegistration {
  const parsed = written.safeParse(value);
  if (!parsed.success) return { kind: 'refused', problem: firstIssue(parsed.error) };
  const { tags = [], ttl_seconds = DEFAULT_TTL_S, ...host } = parsed.data;
  return {
    kind: 'registration',
    registration: {
      service,
      host: hostOf(host),
      tags: [...new Set(tags)].sort(),
      ttlMs: Math.round(ttl_seconds * 1_000),
    },
  };
}

/** As it is listed and kept: what `readRegistration` reads. */
export function writtenRegistration({ host, tags, ttlMs }: Registration): Record<string, unknown> {
  const { locality, ...fields } = host;
  const { region = '', zone = '', subZone = '' } = locality ?? {};
  const parts = Object.entries({ region, zone, sub_zone: subZone }).filter(([, text]) => text !== '');
  return {
    ...fields,
    ...(locality ? { locality: Object.fromEntries(parts) } : {}),
    tags,
    ttl_seconds: ttlMs / 1_000,
  };
}
