import { readFileSync } from 'node:fs';
import type { CommandContext } from '../command-context.ts';
import { UsageError } from '../usage-error.ts';

/**
 * A secret from `NAME`, or from the file that `NAME_FILE` names; undefined where neither is set. Rejects both at once, and an empty
 * file. The secret itself is in no message.
 */
export function secretOf(name: string, { env }: Pick<CommandContext, 'env'>): string | undefined {
  const value = env[name]?.trim() || undefined;
  const file = env[`${name}_FILE`]?.trim() || undefined;
  if (file === undefined) return value;
  if (value !== undefined) throw new UsageError(`${name} and ${name}_FILE are both set; set one of them`);
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`${name}_FILE: cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
  if (text === '') throw new UsageError(`${name}_FILE: the file is empty`);
  return text;
}

/** @throws UsageError where it is not set, or does not begin as such secrets do. */
export function requiredSecret(name: string, prefix: string, context: Pick<CommandContext, 'env'>): string {
  const secret = secretOf(name, context);
  if (secret === undefined) throw new UsageError(`${name} is not set, nor ${name}_FILE; see docs/slack.md`);
  if (!secret.startsWith(prefix)) throw new UsageError(`${name} does not begin with ${prefix}; see docs/slack.md`);
  return secret;
}
