import { z } from 'zod';
import type { AuditRecord } from './audit-record.ts';

/** A line that is no row of an audit log. `line` counts from 1. */
export class AuditLineError extends Error {
  override readonly name = 'AuditLineError';
  readonly line: number;
  constructor(line: number, problem: string, options?: ErrorOptions) {
    super(`line ${line} of the audit log: ${problem}`, options);
    this.line = line;
  }
}

const HASH = z.string().regex(/^[0-9a-f]{64}$/);
/** The frame. What a subject tells is judged by folding it, and every byte of it by the hash. */
const ROW = z.strictObject({
  seq: z.int().positive(),
  atEpochMs: z.int(),
  actor: z.looseObject({ kind: z.enum(['person', 'system']) }),
  subject: z.looseObject({ kind: z.enum(['promotion', 'stage', 'line', 'refusal']) }),
  evidence: z.array(z.string()),
  toolVersion: z.string(),
  previousHash: HASH,
  hash: HASH,
});

/** Throws `AuditLineError`. */
export function readAuditLine(text: string, line: number): AuditRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AuditLineError(line, 'is no JSON', { cause });
  }
  const { success, error } = ROW.safeParse(value);
  if (!success) throw new AuditLineError(line, z.prettifyError(error).replaceAll('\n', ' '), { cause: error });
  return value as AuditRecord;
}
