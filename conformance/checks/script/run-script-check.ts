import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../../../render/finding.ts';
import type { RunningCell } from '../../cell/running-cell.ts';
import type { CheckOutcome, ScriptCheck } from '../check.ts';
import type { CheckRule } from '../rules.ts';
import { runScript, type ScriptRun, type ScriptSettings } from './run-script.ts';
import { scriptEnvironment } from './script-environment.ts';

const SHOWN_LINES = 10;
const SHOWN_CHARACTERS = 2_000;

/** The last lines of the output, for a person who must see at once what the script complained of. */
function lastLines(output: string): string {
  const lines = output.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n').slice(-SHOWN_CHARACTERS);
  return lines.trim() === '' ? 'no output' : `last lines:\n${lines}`;
}

function judgeScript(check: ScriptCheck, { end, output }: ScriptRun): readonly Finding[] {
  const finding = (rule: CheckRule, saw: string, want: string): readonly Finding[] => [
    { rule, severity: 'error', at: check.at, saw, want },
  ];
  switch (end.kind) {
    case 'exited':
      return end.exitCode === 0
        ? []
        : finding('script-failed', `exit code ${end.exitCode}; ${lastLines(output)}`, 'exit code 0');
    case 'killed':
      return finding('script-failed', `ended by ${end.signal}; ${lastLines(output)}`, 'exit code 0');
    case 'timed-out':
      return finding(
        'script-timeout',
        `not done after ${check.timeoutMs} ms, and ended with all that it started; ${lastLines(output)}`,
        `exit code 0 within ${check.timeoutMs} ms; "mesh: timeout=…" in a comment of its first lines gives it longer`,
      );
    case 'not-started':
      return finding(
        'script-not-runnable',
        `${check.name} could not be started: ${end.reason}`,
        'an executable whose interpreter is on this machine',
      );
    default:
      return end satisfies never;
  }
}

/** Runs the script in a scratch directory of its own below the cell's. */
export async function runScriptCheck(
  check: ScriptCheck,
  cell: RunningCell,
  settings: ScriptSettings,
): Promise<{ readonly outcome: CheckOutcome; readonly evidence: string }> {
  await mkdir(cell.scratchDir, { recursive: true });
  const scratch = await mkdtemp(join(cell.scratchDir, 'script-'));
  const run = await runScript({
    file: check.file,
    cwd: scratch,
    env: await scriptEnvironment(cell, scratch, settings),
    timeoutMs: check.timeoutMs,
    graceMs: settings.graceMs ?? 500,
    marker: randomUUID(),
    signal: cell.signal,
  });
  const findings = judgeScript(check, run);
  const leftovers = run.leftovers ? '\n(processes that it left running were ended)' : '';
  return {
    outcome: findings.length > 0 ? { kind: 'fail', findings } : { kind: 'pass' },
    evidence: `${run.output}${leftovers}`,
  };
}
