import { type PrepareRequest, prepareStages } from '../../conformance/prepare-stages.ts';
import { blastRadius } from '../../render/diff/blast-radius.ts';
import { renderDiff } from '../../render/diff/render-diff.ts';
import { diffSnapshots } from '../../render/diff/snapshot-diff.ts';
import { hasErrors, renderFinding } from '../../render/finding.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { type ConfigOptions, configSource, withConfigOption, withPrepareRequest } from '../config-options.ts';
import type { AddCommand, CommandContext } from '../program.ts';
import { wantsColour } from '../terminal.ts';

type DiffOptions = Omit<ConfigOptions, 'stage'> & { readonly stage: string; readonly from: string };

/** `mesh diff --stage S --from REV|DIR`: what changes for the Envoys of a stage, and what it reaches. */
export const diffCommand: AddCommand = (program, context, done) => {
  withConfigOption(program.command('diff'))
    .description('the semantic diff of a stage: resources, fields, hosts and what the change reaches')
    .requiredOption('--stage <name>', 'the stage')
    .requiredOption('--from <rev|dir>', 'the other side: a git revision of the mesh config, or a directory')
    .option('--json', 'machine-readable output on stdout, and nothing else there')
    .action(async (options: DiffOptions) => {
      const sides = await withPrepareRequest({ ...options, stage: [options.stage] }, context, async (request) => {
        await using from = await configSource(options.from, request.dir, context);
        const before = await snapshotOf({ ...request, dir: from.dir }, options.from, context);
        const after = await snapshotOf(request, request.dir, context);
        return before && after ? { before, after } : undefined;
      });
      if (!sides) return done(1);
      const diff = diffSnapshots(sides.before, sides.after);
      const blast = blastRadius(sides.before, sides.after, diff);
      if (options.json) {
        const digests = { from: sides.before.digest, to: sides.after.digest };
        context.stdout.write(
          `${JSON.stringify({ stage: options.stage, ...digests, diff, blastRadius: blast }, null, 2)}\n`,
        );
      } else {
        context.stdout.write(renderDiff(diff, { colour: wantsColour(context, context.stdout) }));
        context.stdout.write(`${blast.line}\n`);
      }
      done(0);
    });
};

async function snapshotOf(
  request: PrepareRequest,
  name: string,
  { stderr }: CommandContext,
): Promise<Snapshot | undefined> {
  const prepared = await prepareStages(request);
  const findings = [...prepared.findings, ...prepared.stages.flatMap((stage) => stage.findings)].filter(
    ({ severity }) => severity === 'error',
  );
  if (!hasErrors(findings)) return prepared.stages[0]?.snapshot;
  stderr.write(
    `mesh: ${name} cannot be rendered:\n${findings.map((finding) => `${renderFinding(finding)}\n`).join('')}`,
  );
  return undefined;
}
