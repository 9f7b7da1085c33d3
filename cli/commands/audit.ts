import { type Command, InvalidArgumentError } from 'commander';
import type { AuditExportOptions, AuditVerifyOptions } from '../actions/audit.ts';
import type { AddCommand } from '../command-context.ts';

const withData = (command: Command): Command =>
  command.option(
    '--data <dir>',
    'where the embedded store is, without DATABASE_URL (default: MESHGATE_DATA_DIR, else .meshgate here)',
  );

function seqAndHash(text: string): { readonly seq: number; readonly hash: string } {
  const found = /^(?<seq>[1-9]\d{0,14}):(?<hash>[0-9a-f]{64})$/.exec(text)?.groups;
  if (!found) throw new InvalidArgumentError('want SEQ:HASH, as `mesh audit verify` prints the head of the log.');
  return { seq: Number(found.seq), hash: found.hash ?? '' };
}

function seqOf(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('want the number of a row: 1 or more.');
  return Number(text);
}

/** `mesh audit verify` and `mesh audit export`: who did what and when, and whether that is still what was written. */
export const auditCommand: AddCommand = (program, context, done) => {
  const audit = program.command('audit').description('the audit log: verify its chain, export it');
  withData(audit.command('verify'))
    .description('finds every altered, missing or moved row, and every record that is not what the log says')
    .option('--file <path>', 'verify an export instead of the store')
    .option('--expect <seq:hash>', 'a row that was noted earlier must be there, unchanged', seqAndHash)
    .option('--json', 'machine-readable output on stdout, and nothing else there')
    .action(async (options: AuditVerifyOptions) => {
      const { auditVerify } = await import('../actions/audit.ts');
      done(await auditVerify(options, context));
    });
  withData(audit.command('export'))
    .description('prints the log as JSON lines, which replay to the same state')
    .option('--from <seq>', 'the first row', seqOf, 1)
    .option('--json', 'the same: the export is JSON lines')
    .action(async (options: AuditExportOptions) => {
      const { auditExport } = await import('../actions/audit.ts');
      done(await auditExport(options, context));
    });
  for (const command of audit.commands)
    command.exitOverride().showHelpAfterError(`(see mesh audit ${command.name()} --help)`);
};
