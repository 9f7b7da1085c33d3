import { createHash } from 'node:crypto';
import type { EvidenceId } from '../ids.ts';
import type { AuditRecord } from './audit-record.ts';
import { canonicalJson } from './canonical-json.ts';

/** `previousHash` of row 1. */
export const CHAIN_START = '0'.repeat(64);

/** SHA-256 of the canonical JSON of every other member. */
export const auditHash = (record: Omit<AuditRecord, 'hash'>): string => {
  const { seq, atEpochMs, actor, subject, evidence, toolVersion, previousHash } = record;
  return sha256(canonicalJson({ seq, atEpochMs, actor, subject, evidence, toolVersion, previousHash }));
};

/** Names a document by what it is and what it says. */
export const evidenceId = (kind: string, body: string | Uint8Array): EvidenceId =>
  createHash('sha256').update(canonicalJson(kind)).update('\n').update(body).digest('hex') as EvidenceId;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
