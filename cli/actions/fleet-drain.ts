import { userInfo } from 'node:os';
import { numberAt } from '../../render/read-json.ts';
import { askedAdmin } from '../admin-client.ts';
import type { CommandContext } from '../command-context.ts';
import { durationOption } from '../duration-option.ts';
import type { FleetOptions } from '../fleet-options.ts';
import { UsageError } from '../usage-error.ts';

export type FleetDrainOptions = FleetOptions & { readonly all?: boolean; readonly grace: string };

/** Resolves with 0 when Envoys were asked to go; rejects with `UsageError` where there is no such Envoy or control plane. */
export async function fleetDrain(
  node: string | undefined,
  options: FleetDrainOptions,
  context: CommandContext,
): Promise<number> {
  if ((node === undefined) !== (options.all ?? false))
    throw new UsageError('fleet drain: want the name of an Envoy, or --all');
  const order = {
    by: options.by ?? userInfo().username,
    graceMs: durationOption('--grace', options.grace),
    ...(node === undefined ? {} : { node }),
  };
  const body = await askedAdmin(options.admin, '/drain', context, order);
  const count = numberAt(body, 'connections') ?? 0;
  context.stdout.write(
    options.json
      ? `${JSON.stringify({ exitCode: 0, ...body }, null, 2)}\n`
      : `${count} connection${count === 1 ? '' : 's'} asked to make way; what is open after ${options.grace} is ended\n`,
  );
  return 0;
}
