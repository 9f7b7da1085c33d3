import type { Command } from 'commander';

/** Options of every command that asks a control plane of its fleet; `by` where it orders something. */
export type FleetOptions = { readonly admin: string; readonly by?: string; readonly json?: boolean };

/** Where the admin API of `mesh serve` is, and where it is looked for, unless something else is said. */
export const DEFAULT_ADMIN = '127.0.0.1:18003';

export const withAdminOption = (command: Command): Command =>
  command.option('--admin <host:port>', 'the admin API of the control plane', DEFAULT_ADMIN);
