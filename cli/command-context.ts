import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

/** What a command gets beside its options. */
export type CommandContext = Terminal & { readonly signal: AbortSignal };

/**
 * Adds a command to the program; its action resolves with the exit code. Commands are names and options only: what they do is
 * imported when they are asked for it, so that `mesh --help` does not wait for a schema compiler.
 */
export type AddCommand = (program: Command, context: CommandContext, done: (exitCode: number) => void) => void;
