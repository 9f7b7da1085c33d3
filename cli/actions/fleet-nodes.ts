import { objectsAt, stringAt } from '../../render/read-json.ts';
import { askedAdmin } from '../admin-client.ts';
import { tableText } from '../answer-text.ts';
import type { CommandContext } from '../command-context.ts';
import type { FleetOptions } from '../fleet-options.ts';

/** Resolves with the exit code: 1 where an Envoy refuses what it is served, or what is served is not what the target holds. */
export async function fleetNodes(options: FleetOptions, context: CommandContext): Promise<number> {
  const body = await askedAdmin(options.admin, '/fleet', context);
  const nodes = objectsAt(body, 'nodes');
  const fault = stringAt(body, 'problem');
  const exitCode = fault !== '' || nodes.some((node) => stringAt(node, 'state') === 'refused') ? 1 : 0;
  if (options.json) {
    context.stdout.write(`${JSON.stringify({ exitCode, ...body }, null, 2)}\n`);
    return exitCode;
  }
  const rows = nodes.map((node) => [
    stringAt(node, 'node'),
    stringAt(node, 'envoyVersion') || '-',
    stringAt(node, 'state'),
    stringAt(node, 'servedDigest').slice(0, 12) || '-',
    objectsAt(node, 'nacks')
      .map((nack) => `${stringAt(nack, 'type')}: ${stringAt(nack, 'reason')}`)
      .join('; '),
  ]);
  const served = stringAt(body, 'servedDigest').slice(0, 12) || 'nothing';
  context.stdout.write(`stage ${stringAt(body, 'stage')}: ${served} is served to ${nodes.length} Envoys\n`);
  if (fault !== '') context.stdout.write(`${tableText([[fault]])}\n`);
  if (rows.length > 0)
    context.stdout.write(`${tableText([['node', 'version', 'state', 'serves', 'refused'], ...rows])}\n`);
  return exitCode;
}
