import { z } from 'zod';

/** Longer ones name nothing that there is. */
const word = z.string().min(1).max(200);
const count = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);

export const historyQuery = z
  .object({
    person: word,
    service: word,
    digest: z.string().regex(/^[0-9a-f]{4,64}$/),
    stage: word,
    promotion: word,
    kind: word,
    fromEpochMs: count,
    toEpochMs: count,
    before: count,
    limit: count.pipe(z.number().min(1).max(200)),
  })
  .partial()
  .strict();

export const fleetQuery = z.object({ stage: word, state: word, version: word, text: word }).partial().strict();

export const compareQuery = z.object({ from: word, to: word, stage: word.optional() }).strict();

/** How far back figures go. Default 15 minutes, at most a day. */
export const minutesQuery = z.object({ minutes: count.pipe(z.number().min(1).max(1_440)).default(15) }).strict();

/** A page of verifications. */
export const verificationsQuery = z.object({ before: count.optional() }).strict();
