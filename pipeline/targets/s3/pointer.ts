import { z } from 'zod';
import { manifestFrom } from '../manifest.ts';
import type { Manifest } from '../target.ts';

/**
 * The one object that says what the target holds. Its content is unique to each push (`id`), and so are its ETag and its version:
 * the ETag of two equal contents would be the same, and a late push on the first would win.
 */
export type Pointer = {
  readonly id: string;
  /** Of the pointer that it replaced; undefined for the first. */
  readonly previous: string | undefined;
  readonly manifest: Manifest;
};

const POINTER = z.object({
  format: z.literal(1),
  id: z.string().regex(/^[0-9A-Za-z-]{1,80}$/),
  previous: z
    .string()
    .regex(/^[0-9A-Za-z-]{1,80}$/)
    .nullable(),
  manifest: z.unknown(),
});

export const pointerText = ({ id, previous, manifest }: Pointer): string =>
  `${JSON.stringify({ format: 1, id, previous: previous ?? null, manifest }, null, 2)}\n`;

/** The pointer in a text, or what is wrong with it. */
export function pointerFrom(text: string): { readonly pointer: Pointer } | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'it is not JSON' };
  }
  const parsed = POINTER.safeParse(value);
  if (!parsed.success) return { problem: `it is not a pointer (${parsed.error.issues[0]?.path.join('.') || 'it'})` };
  const { id, previous, manifest } = parsed.data;
  const read = manifestFrom(manifest);
  return 'manifest' in read
    ? { pointer: { id, previous: previous ?? undefined, manifest: read.manifest } }
    : { problem: read.problem };
}
