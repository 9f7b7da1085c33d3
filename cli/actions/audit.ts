import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { exportAudit } from '../../pipeline/audit/export-audit.ts';
import { type AuditReport, MAX_FINDINGS, verifyAudit } from '../../pipeline/audit/verify-audit.ts';
import { verifyAuditLines } from '../../pipeline/audit/verify-audit-lines.ts';
import { renderFinding } from '../../render/finding.ts';
import type { CommandContext } from '../command-context.ts';
import { openStoreOf } from '../open-store.ts';
import { UsageError } from '../usage-error.ts';

export type AuditVerifyOptions = {
  readonly data?: string;
  readonly file?: string;
  readonly expect?: { readonly seq: number; readonly hash: string };
  readonly json?: boolean;
};
export type AuditExportOptions = { readonly data?: string; readonly from: number; readonly json?: boolean };

/** Resolves with the exit code: 0, sound; 1, findings. Rejects with `StoreError`, and `UsageError` when there is no such file. */
export async function auditVerify(options: AuditVerifyOptions, context: CommandContext): Promise<number> {
  const report = options.file === undefined ? await verifyStore(options, context) : await verifyFile(options, context);
  const { rows, promotions, head, findings } = report;
  const exitCode = findings.length > 0 ? 1 : 0;
  if (options.json) {
    context.stdout.write(`${JSON.stringify({ exitCode, ...report }, null, 2)}\n`);
    return exitCode;
  }
  for (const finding of findings) context.stdout.write(`${renderFinding(finding)}\n`);
  if (findings.length >= MAX_FINDINGS)
    context.stdout.write(`… and perhaps more: the first ${MAX_FINDINGS} are shown\n`);
  const verdict = findings.length > 0 ? `${findings.length} findings` : 'sound';
  context.stdout.write(
    `audit log: ${rows} rows, ${promotions} promotions, ${verdict}; head ${head.seq}:${head.hash}\n`,
  );
  return exitCode;
}

async function verifyStore({ data, expect }: AuditVerifyOptions, context: CommandContext): Promise<AuditReport> {
  await using store = await openStoreOf(data, context);
  return await verifyAudit(store, { signal: context.signal, ...(expect ? { expect } : {}) });
}

async function verifyFile({ file = '', expect }: AuditVerifyOptions, { cwd }: CommandContext): Promise<AuditReport> {
  const stream = createReadStream(resolve(cwd, file));
  try {
    await once(stream, 'open');
  } catch (cause) {
    throw new UsageError(`--file ${file}: ${(cause as Error).message}`, { cause });
  }
  return await verifyAuditLines(createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }), expect);
}

/** Prints each row as one line of JSON. Resolves with 0. Rejects with `StoreError`. */
export async function auditExport({ data, from }: AuditExportOptions, context: CommandContext): Promise<number> {
  await using store = await openStoreOf(data, context);
  for await (const line of exportAudit(store.read, from)) {
    context.signal.throwIfAborted();
    if (!context.stdout.write(`${line}\n`)) await once(context.stdout, 'drain', { signal: context.signal });
  }
  return 0;
}
