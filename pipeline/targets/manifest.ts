import { z } from 'zod';
import type { Manifest } from './target.ts';

/** In the delivery; the other files are named for their resource types. */
export const MANIFEST_FILE = 'manifest.json';

const FORMAT = 1;

// Members that a later Meshgate of the same format adds are let through.
const MANIFEST = z.object({
  format: z.literal(FORMAT),
  stage: z.string().min(1),
  digest: z.string().regex(/^[0-9a-f]{64}$/, 'not a digest'),
  revision: z.string().min(1),
  policyVersion: z.string().min(1),
  promotion: z.string().min(1),
  direction: z.enum(['forward', 'back']),
  by: z.array(z.string()),
  atIso: z.iso.datetime(),
});

/** The manifest in `value`, or what is wrong with it. */
export function manifestFrom(value: unknown): { readonly manifest: Manifest } | { readonly problem: string } {
  const format = typeof value === 'object' && value !== null ? (value as { format?: unknown }).format : undefined;
  if (typeof format === 'number' && format > FORMAT) {
    return { problem: `${MANIFEST_FILE} has format ${format}; this Meshgate knows ${FORMAT}: a newer one wrote it` };
  }
  const parsed = MANIFEST.safeParse(value);
  if (parsed.success) return { manifest: parsed.data as unknown as Manifest };
  const issues = parsed.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`);
  return { problem: `${MANIFEST_FILE} is not a manifest (${issues.join('; ')})` };
}

/** One push has one name: the promotion and its direction; the digest besides, so that a name used twice is seen. */
export const isSamePush = (a: Manifest, b: Manifest): boolean =>
  a.promotion === b.promotion && a.direction === b.direction && a.digest === b.digest;

const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();

/** What the history of a git repository or of Central Dogma says of a push. */
export function pushMessage(manifest: Manifest): { readonly summary: string; readonly detail: string } {
  const { promotion, direction, stage, digest, revision, by } = manifest;
  const what = direction === 'forward' ? 'promote' : 'take back to';
  return {
    summary: oneLine(`${promotion}: ${what} ${digest.slice(0, 12)} (${stage})`).slice(0, 200),
    detail: [
      `Meshgate-Promotion: ${oneLine(promotion)}`,
      `Meshgate-Direction: ${direction}`,
      `Meshgate-Digest: ${digest}`,
      `Meshgate-Revision: ${oneLine(revision)}`,
      `Meshgate-By: ${by.map(oneLine).join(', ')}`,
      '',
    ].join('\n'),
  };
}
