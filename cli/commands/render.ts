import { stringify } from 'yaml';
import { prepareStages } from '../../conformance/prepare-stages.ts';
import { hasErrors, renderFinding } from '../../render/finding.ts';
import { RESOURCE_KINDS, RESOURCE_TYPES } from '../../render/resource.ts';
import { resourcesOf, type Snapshot } from '../../render/snapshot.ts';
import { type ConfigOptions, withConfigOption, withPrepareRequest } from '../config-options.ts';
import type { AddCommand } from '../program.ts';
import { UsageError } from '../usage-error.ts';

const FORMATS = ['yaml', 'json'] as const;
type RenderOptions = Omit<ConfigOptions, 'stage'> & { readonly stage: string; readonly format: string };

/** `mesh render --stage S`: the snapshot of one stage, as it would be served. */
export const renderCommand: AddCommand = (program, context, done) => {
  withConfigOption(program.command('render'))
    .description('prints the snapshot of a stage: every xDS resource, sorted and canonical')
    .requiredOption('--stage <name>', 'the stage')
    .option('--format <format>', 'yaml or json', 'yaml')
    .option('--json', 'the same as --format json')
    .action(async (options: RenderOptions) => {
      const format = options.json ? 'json' : options.format;
      if (!(FORMATS as readonly string[]).includes(format))
        throw new UsageError(`--format ${format}: use ${FORMATS.join(' or ')}`);
      const prepared = await withPrepareRequest({ ...options, stage: [options.stage] }, context, prepareStages);
      const findings = [...prepared.findings, ...prepared.stages.flatMap((stage) => stage.findings)];
      for (const finding of findings) context.stderr.write(`${renderFinding(finding)}\n`);
      const snapshot = prepared.stages[0]?.snapshot;
      if (hasErrors(findings) || !snapshot) return done(1);
      const data = asData(snapshot);
      context.stdout.write(
        format === 'json'
          ? `${JSON.stringify(data, null, 2)}\n`
          : stringify(data, { lineWidth: 0, aliasDuplicateObjects: false }),
      );
      done(0);
    });
};

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
