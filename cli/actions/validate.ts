import { prepareStages } from '../../conformance/prepare-stages.ts';
import { mergeStages, sortFindings } from '../../conformance/validate.ts';
import { validateSelected } from '../../conformance/verify.ts';
import { type Finding, hasErrors, renderFinding } from '../../render/finding.ts';
import type { CommandContext } from '../command-context.ts';
import type { ConfigOptions } from '../config-options.ts';
import { withPrepareRequest } from '../prepare-request.ts';

/** Resolves with the exit code. Rejects as `prepareStages` does. */
export async function validate(options: ConfigOptions, context: CommandContext): Promise<number> {
  const { findings, stages } = await withPrepareRequest(options, context, async (request) => {
    const prepared = await prepareStages(request);
    const merged = sortFindings([...prepared.findings, ...mergeStages(prepared.stages.map(validateSelected))]);
    return {
      findings: merged,
      stages: prepared.stages.map(({ stage, snapshot }) => ({ name: stage.name, digest: snapshot?.digest })),
    };
  });
  const failed = hasErrors(findings);
  const exitCode = failed ? 1 : 0;
  if (options.json) {
    const verdict = failed ? 'fail' : 'pass';
    context.stdout.write(`${JSON.stringify({ verdict, exitCode, stages, findings }, null, 2)}\n`);
  } else {
    for (const finding of findings) context.stdout.write(`${renderFinding(finding)}\n`);
    context.stdout.write(`${summaryOf(findings, stages.length)}\n`);
  }
  return exitCode;
}

function summaryOf(findings: readonly Finding[], stages: number): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
  return `validate: ${count(stages, 'stage')}, ${count(errors, 'error')}, ${count(warnings, 'warning')}`;
}
