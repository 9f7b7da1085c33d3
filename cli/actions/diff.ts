import { type PrepareRequest, prepareStages } from '../../conformance/prepare-stages.ts';
import { blastRadius } from '../../render/diff/blast-radius.ts';
import { renderDiff } from '../../render/diff/render-diff.ts';
import { diffSnapshots } from '../../render/diff/snapshot-diff.ts';
import { type Finding, renderFinding } from '../../render/finding.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import type { CommandContext } from '../command-context.ts';
import type { ConfigOptions } from '../config-options.ts';
import { configSource, withPrepareRequest } from '../prepare-request.ts';
import { wantsColour } from '../terminal.ts';

export type DiffOptions = Omit<ConfigOptions, 'stage'> & { readonly stage: string; readonly from: string };

type Side =
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'refused'; readonly name: string; readonly findings: readonly Finding[] };

/** Resolves with the exit code: 0, changes or none; 1 where a side cannot be rendered. Rejects as `prepareStages` does. */
export async function diff(options: DiffOptions, context: CommandContext): Promise<number> {
  const { stage, json } = options;
  const sides = await withPrepareRequest({ ...options, stage: [stage] }, context, async (request) => {
    await using from = await configSource(options.from, request.dir, context);
    const before = await sideOf({ ...request, dir: from.dir }, options.from);
    return { before, after: await sideOf(request, options.config ?? request.dir) };
  });
  const { before, after } = sides;
  if (before.kind === 'refused' || after.kind === 'refused') {
    const refused = [before, after].filter((side) => side.kind === 'refused');
    for (const { name, findings } of refused)
      context.stderr.write(
        `mesh: ${name} cannot be rendered:\n${findings.map((finding) => `${renderFinding(finding)}\n`).join('')}`,
      );
    const sidesRefused = refused.map(({ name, findings }) => ({ name, findings }));
    if (json) context.stdout.write(`${JSON.stringify({ stage, exitCode: 1, refused: sidesRefused }, null, 2)}\n`);
    return 1;
  }
  const changes = diffSnapshots(before.snapshot, after.snapshot);
  const blast = blastRadius(before.snapshot, after.snapshot, changes);
  if (json) {
    const digests = { from: before.snapshot.digest, to: after.snapshot.digest };
    const whole = { stage, exitCode: 0, ...digests, diff: changes, blastRadius: blast };
    context.stdout.write(`${JSON.stringify(whole, null, 2)}\n`);
  } else {
    context.stdout.write(renderDiff(changes, { colour: wantsColour(context, context.stdout) }));
    context.stdout.write(`${blast.line}\n`);
  }
  return 0;
}

async function sideOf(request: PrepareRequest, name: string): Promise<Side> {
  const prepared = await prepareStages(request);
  const findings = [...prepared.findings, ...prepared.stages.flatMap((stage) => stage.findings)].filter(
    ({ severity }) => severity === 'error',
  );
  const snapshot = prepared.stages[0]?.snapshot;
  return findings.length === 0 && snapshot ? { kind: 'snapshot', snapshot } : { kind: 'refused', name, findings };
}
