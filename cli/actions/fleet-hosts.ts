import type { JsonObject } from '../../render/json.ts';
import { numberAt, objectAt, objectsAt, stringAt } from '../../render/read-json.ts';
import { askedAdmin, ofCluster } from '../admin-client.ts';
import { tableText } from '../answer-text.ts';
import type { CommandContext } from '../command-context.ts';
import type { FleetOptions } from '../fleet-options.ts';
import { oneLine } from '../one-line.ts';

/** Resolves with the exit code: 1 where there is something of the hosts of a cluster that people should look at. */
export async function fleetHosts(
  cluster: string | undefined,
  options: FleetOptions,
  context: CommandContext,
): Promise<number> {
  const body = await askedAdmin(options.admin, '/discovery', context);
  const clusters = ofCluster(objectsAt(body, 'clusters'), cluster, 'discovery');
  const findings = clusters.flatMap((one) => objectsAt(one, 'findings'));
  const exitCode = findings.length > 0 ? 1 : 0;
  if (options.json) {
    context.stdout.write(`${JSON.stringify({ exitCode, clusters }, null, 2)}\n`);
    return exitCode;
  }
  if (clusters.length === 0) context.stdout.write('no cluster of this control plane has discovery\n');
  else {
    const head = ['cluster', 'source', 'state', 'hosts', 'last answer'];
    const rows = clusters.flatMap((one) =>
      objectsAt(one, 'report', 'sources').map((source) => [stringAt(one, 'cluster'), ...columnsOf(source)]),
    );
    context.stdout.write(`${tableText([head, ...rows])}\n`);
  }
  for (const finding of findings)
    context.stdout.write(
      `${oneLine(
        `${stringAt(finding, 'resource')}: ${stringAt(finding, 'rule')}: saw ${stringAt(finding, 'saw')}; want ${stringAt(finding, 'want')}`,
      )}\n`,
    );
  return exitCode;
}

function columnsOf(source: JsonObject): readonly string[] {
  const answered = numberAt(source, 'answeredEpochMs');
  const kept = numberAt(objectAt(source, 'floor'), 'kept') ?? 0;
  const hosts = String(numberAt(source, 'hosts') ?? 0);
  return [
    stringAt(source, 'name'),
    stringAt(source, 'state'),
    kept > 0 ? `${hosts}, ${kept} of them kept` : hosts,
    answered === undefined ? 'never' : `${new Date(answered).toISOString().slice(0, 19).replace('T', ' ')} UTC`,
  ];
}
