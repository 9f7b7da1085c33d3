import type { JsonObject } from '../../render/json.ts';
import { numberAt, objectAt, objectsAt, stringAt, textsAt } from '../../render/read-json.ts';
import { formatLocation } from '../../render/source-location.ts';
import { askedAdmin } from '../admin-client.ts';
import { tableText } from '../answer-text.ts';
import type { CommandContext } from '../command-context.ts';
import type { FleetOptions } from '../fleet-options.ts';
import { oneLine } from '../one-line.ts';

/** Resolves with the exit code: 1 where a service is left out, or a source does not say what is. */
export async function fleetGenerators(options: FleetOptions, context: CommandContext): Promise<number> {
  const body = await askedAdmin(options.admin, '/generators', context);
  const generators = objectsAt(body, 'generators');
  const isWell = (one: JsonObject): boolean =>
    stringAt(one, 'source', 'state') === 'current' && objectsAt(one, 'leftOut').length === 0;
  const exitCode = generators.every(isWell) ? 0 : 1;
  if (options.json) {
    context.stdout.write(`${JSON.stringify({ exitCode, generators }, null, 2)}\n`);
    return exitCode;
  }
  if (generators.length === 0) context.stdout.write('what this control plane serves has no generators\n');
  for (const generator of generators) {
    const name = stringAt(generator, 'generator');
    const state = stringAt(generator, 'source', 'state');
    const fault = stringAt(generator, 'source', 'failing', 'problem');
    const floor = objectAt(generator, 'source', 'floor');
    const held = floor
      ? `: only ${numberAt(floor, 'given') ?? 0} of a sudden, ${numberAt(floor, 'kept') ?? 0} are kept`
      : '';
    const source = `${stringAt(generator, 'source', 'name')} is ${state}${fault === '' ? held : `: ${fault}`}`;
    context.stdout.write(`${oneLine(`generator ${name} (${stringAt(generator, 'at')}): ${source}`)}\n`);
    const served = objectsAt(generator, 'services').map((one) => [
      stringAt(one, 'service'),
      'served',
      textsAt(one, 'resources').join(', '),
    ]);
    const out = objectsAt(generator, 'leftOut').map((one) => [stringAt(one, 'service'), 'left out', whyOf(one)]);
    if (served.length + out.length > 0)
      context.stdout.write(`${tableText([['service', 'state', 'what'], ...served, ...out])}\n`);
  }
  return exitCode;
}

function whyOf(leftOut: JsonObject): string {
  return objectsAt(leftOut, 'findings')
    .map((finding) => {
      const at = objectAt(finding, 'at');
      const place = formatLocation({
        file: stringAt(at, 'file'),
        line: numberAt(at, 'line') ?? 1,
        column: numberAt(at, 'column') ?? 1,
      });
      return `${stringAt(finding, 'rule')} (${place}): ${stringAt(finding, 'saw')}`;
    })
    .join('; ');
}
