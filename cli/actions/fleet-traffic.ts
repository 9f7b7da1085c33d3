import type { JsonObject } from '../../render/json.ts';
import { numberAt, objectsAt, stringAt } from '../../render/read-json.ts';
import { askedAdmin } from '../admin-client.ts';
import { tableText } from '../answer-text.ts';
import type { CommandContext } from '../command-context.ts';
import type { FleetOptions } from '../fleet-options.ts';

/** Shows who calls whom, as one control plane heard it within the last minutes. Resolves with 0. */
export async function fleetTraffic(options: FleetOptions, context: CommandContext): Promise<number> {
  const body = await askedAdmin(options.admin, '/traffic', context);
  if (options.json) {
    context.stdout.write(`${JSON.stringify({ exitCode: 0, ...body }, null, 2)}\n`);
    return 0;
  }
  const edges = objectsAt(body, 'edges');
  const seconds = Math.round(((numberAt(body, 'toEpochMs') ?? 0) - (numberAt(body, 'fromEpochMs') ?? 0)) / 1_000);
  if (edges.length === 0) {
    context.stdout.write(`stage ${stringAt(body, 'stage')}: nothing was heard of any traffic in the last minutes\n`);
    return 0;
  }
  const head = ['source', 'destination', 'requests/s', 'success', 'p50', 'p99', 'retries', 'timeouts', 'connections'];
  context.stdout.write(`stage ${stringAt(body, 'stage')}, the last ${seconds} s:\n`);
  context.stdout.write(`${tableText([head, ...edges.map(rowOf)])}\n`);
  return 0;
}

function rowOf(edge: JsonObject): readonly string[] {
  const requests = numberAt(edge, 'requests') ?? 0;
  const success = numberAt(edge, 'successPercent');
  return [
    stringAt(edge, 'source'),
    stringAt(edge, 'destination'),
    requests === 0 ? '-' : (numberAt(edge, 'requestsPerSecond') ?? 0).toFixed(2),
    success === undefined ? '-' : `${percentText(success)} %`,
    latencyText(numberAt(edge, 'p50Ms')),
    latencyText(numberAt(edge, 'p99Ms')),
    countText(numberAt(edge, 'retries')),
    countText(numberAt(edge, 'timeouts')),
    connectionText(numberAt(edge, 'connections') ?? 0, numberAt(edge, 'connectionFailures') ?? 0),
  ];
}

/** What is not all of it is never shown as 100. */
const percentText = (percent: number): string =>
  percent === 100 ? '100' : (Math.floor(percent * 100) / 100).toFixed(2);
const latencyText = (ms: number | undefined): string => (ms === undefined ? '-' : ms < 0 ? '> 30 s' : `${ms} ms`);
const countText = (count: number | undefined): string => (count ? String(count) : '-');
const connectionText = (all: number, failed: number): string =>
  all === 0 ? '-' : failed === 0 ? String(all) : `${all} (${failed} failed)`;
