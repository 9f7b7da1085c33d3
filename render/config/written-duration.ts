import { z } from 'zod';
import { parseDurationMs } from './duration.ts';

/** A duration as `mesh.yaml` has it: `30m`, `1h30m`, at most 366 days. */
export const writtenDuration = z
  .string({ error: 'a duration such as 30m, 24h or 1h30m' })
  .regex(/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+$/, { error: 'a duration such as 30m, 24h or 1h30m', abort: true })
  .refine((text) => parseDurationMs(text) !== undefined, 'a duration of at most 366 days');

/** Milliseconds of a duration that the schema took. */
export const msOf = (text: string): number => parseDurationMs(text) ?? 0;
