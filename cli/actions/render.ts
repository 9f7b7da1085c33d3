import { stringify } from 'yaml';
import { prepareStages } from '../../conformance/prepare-stages.ts';
import { hasErrors, renderFinding } from '../../render/finding.ts';
import { RESOURCE_KINDS, RESOURCE_TYPES } from '../../render/resource.ts';
import { resourcesOf, type Snapshot } from '../../render/snapshot.ts';
import type { RenderOptions } from '../commands/render.ts';
import { withPrepareRequest } from '../prepare-request.ts';
import type { CommandContext } from '../program.ts';
import { UsageError } from '../usage-error.ts';

const FORMATS = ['yaml', 'json'];

/** Resolves with the exit code. Rejects with `UsageError`, and as `prepareStages` does. */
export async function render(options: RenderOptions, context: CommandContext): Promise<number> {
  const { stage } = options;
  const format = options.json ? 'json' : options.format;
  if (!FORMATS.includes(format)) throw new UsageError(`--format ${format}: use ${FORMATS.join(' or ')}`);
  const print = (data: object): void =>
    void context.stdout.write(
      format === 'json'
        ? `${JSON.stringify(data, null, 2)}\n`
        : stringify(data, { lineWidth: 0, aliasDuplicateObjects: false }),
    );
  const prepared = await withPrepareRequest({ ...options, stage: [stage] }, context, prepareStages);
  const findings = [...prepared.findings, ...prepared.stages.flatMap((one) => one.findings)];
  for (const finding of findings) context.stderr.write(`${renderFinding(finding)}\n`);
  const snapshot = prepared.stages[0]?.snapshot;
  if (!hasErrors(findings) && snapshot) {
    print(asData(snapshot));
    return 0;
  }
  // Half a snapshot would be taken for a whole one; who reads JSON gets the findings in its place.
  if (format === 'json') print({ stage, exitCode: 1, findings });
  return 1;
}

/** One list for each kind that there is, under its folder's name. */
function asData(snapshot: Snapshot) {
  const kinds = RESOURCE_KINDS.map(
    (kind) => [RESOURCE_TYPES[kind].folder, resourcesOf(snapshot, kind).map(({ body }) => body)] as const,
  );
  return {
    stage: snapshot.stage,
    digest: snapshot.digest,
    ...Object.fromEntries(kinds.filter(([, bodies]) => bodies.length > 0)),
    ...(snapshot.bootstrap ? { bootstrap: snapshot.bootstrap } : {}),
  };
}
