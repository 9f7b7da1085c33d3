import { userInfo } from 'node:os';
import { RAMP_ORDERS } from '../../controlplane/admin/ramp-order.ts';
import type { JsonObject } from '../../render/json.ts';
import { flagAt, numberAt, objectAt, objectsAt, stringAt, textsAt } from '../../render/read-json.ts';
import { askAdmin, askedAdmin, ofCluster } from '../admin-client.ts';
import { tableText } from '../answer-text.ts';
import type { CommandContext } from '../command-context.ts';
import type { FleetOptions } from '../fleet-options.ts';
import { UsageError } from '../usage-error.ts';

/**
 * Shows ramps, or orders one. Resolves with the exit code: 0 all of them are there or on their way, and an order is taken; 1 one waits for
 * what does not come by itself, or an order is not taken yet. Rejects with `UsageError` where there is no such cluster or control plane.
 */
export async function fleetRamp(
  words: readonly string[],
  options: FleetOptions,
  context: CommandContext,
): Promise<number> {
  const [first, second, ...rest] = words;
  const order = RAMP_ORDERS.find((word) => word === first);
  if (rest.length > 0 || (second !== undefined && !order) || (order && second === undefined))
    throw new UsageError(`fleet ramp ${words.join(' ')}: want [CLUSTER], or ${RAMP_ORDERS.join('|')} CLUSTER`);
  if (order && second !== undefined) {
    const by = options.by ?? userInfo().username;
    const path = `/ramp/${encodeURIComponent(second)}/${order}`;
    const { body, problem, status } = await askAdmin(options.admin, path, context, { by });
    if (problem !== undefined && status !== 409) throw new UsageError(problem);
    if (problem !== undefined) context.stderr.write(`mesh: ${problem}\n`);
    const isTaken = flagAt(body, 'isTaken');
    if (problem === undefined && !isTaken)
      context.stderr.write('mesh: it is not kept yet, and is tried again by itself\n');
    if (problem === undefined) show([body], isTaken ? 0 : 1, options, context);
    else if (options.json) context.stdout.write(`${JSON.stringify({ exitCode: 1, error: problem })}\n`);
    return isTaken ? 0 : 1;
  }
  const body = await askedAdmin(options.admin, '/ramp', context);
  const ramps = ofCluster(objectsAt(body, 'ramps'), first, 'a ramp');
  const exitCode = ramps.some((ramp) => stringAt(ramp, 'ramp', 'stage') === 'waiting') ? 1 : 0;
  show(ramps, exitCode, options, context);
  return exitCode;
}

function show(ramps: readonly JsonObject[], exitCode: number, { json }: FleetOptions, context: CommandContext): void {
  if (json) return void context.stdout.write(`${JSON.stringify({ exitCode, ramps }, null, 2)}\n`);
  if (ramps.length === 0) return void context.stdout.write('no cluster of this control plane has a ramp\n');
  const head = ['cluster', 'stage', 'wanted', 'served', 'on trial', 'waiting for'];
  context.stdout.write(`${tableText([head, ...ramps.map(rowOf)])}\n`);
}

function rowOf(entry: JsonObject): readonly string[] {
  const name = stringAt(entry, 'cluster');
  const ramp = objectAt(entry, 'ramp');
  if (!ramp) return [name, 'unknown', '-', '-', '-', 'what was served last cannot be read yet'];
  const served = objectsAt(ramp, 'served');
  const by = stringAt(ramp, 'order', 'by');
  const order = by === '' ? '' : `${stringAt(ramp, 'order', 'kind')} by ${by}`;
  const waits = objectsAt(ramp, 'waiting')
    // Who holds it is said already.
    .filter((wait) => stringAt(wait, 'kind') !== 'held' || order === '')
    .map((wait) => stringAt(wait, 'text') || textsAt(wait, 'hosts').join(', '));
  return [
    name,
    stringAt(ramp, 'stage'),
    String(numberAt(ramp, 'wanted') ?? 0),
    String(served.length),
    String(served.filter((host) => flagAt(host, 'onTrial')).length),
    [order, ...waits].filter((text) => text !== '').join('; ') || '-',
  ];
}
