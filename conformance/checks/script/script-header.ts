import { Range } from 'semver';
import type { Finding } from '../../../render/finding.ts';
import { nearestNames, wantOneOf } from '../../../render/nearest-names.ts';
import type { SourceLocation } from '../../../render/source-location.ts';
import { DURATION } from '../declared/check-schema.ts';
import { durationMs } from '../declared/duration.ts';
import type { CheckRule } from '../rules.ts';

/** Default time limit of a script. */
const SCRIPT_TIMEOUT_MS = 30_000;
const MAX_SCRIPT_TIMEOUT_MS = 600_000;
const HEADER_LINES = 10;
const KEYS = ['stages', 'envoy', 'timeout'];

/** What a script says about itself in a comment. */
export type ScriptHeader = { readonly timeoutMs: number; readonly stages?: readonly string[]; readonly envoy?: string };

const isRange = (text: string): boolean => {
  try {
    return new Range(text) !== undefined;
  } catch {
    return false;
  }
};

/**
 * Reads `mesh: stages=canary,release envoy=">=1.38 <2" timeout=10s` from a comment of the first ten lines, in any language: the
 * line begins with something other than letters and digits (`#`, `//`, `--`, `;`). Values with white space are quoted.
 */
export function readScriptHeader(
  file: string,
  text: string,
  stageNames: readonly string[] | undefined,
): { readonly header: ScriptHeader; readonly findings: readonly Finding[] } {
  const header: { timeoutMs: number; stages?: string[]; envoy?: string } = { timeoutMs: SCRIPT_TIMEOUT_MS };
  const findings: Finding[] = [];
  text.split('\n', HEADER_LINES).forEach((line, index) => {
    const [, lead, settings] = /^([^\p{L}\p{N}]+?mesh:)(.*)$/u.exec(line) ?? [];
    if (lead === undefined || settings === undefined) return;
    const fault = (rule: CheckRule, offset: number, saw: string, want: string): void => {
      const at: SourceLocation = { file, line: index + 1, column: lead.length + offset + 1 };
      findings.push({ rule, severity: 'error', at, saw, want });
    };
    for (const setting of settings.matchAll(/([^\s=]+)(?:=("[^"]*"|'[^']*'|\S*))?/g)) {
      const [whole, key = '', quoted] = setting;
      const value = quoted?.replace(/^(["'])(.*)\1$/, '$2');
      if (!KEYS.includes(key)) {
        const near = nearestNames(key, KEYS);
        fault(
          'script-header',
          setting.index,
          `"${whole}"`,
          near.length > 0 ? `${near[0]}=… (did you mean that?)` : KEYS.map((name) => `${name}=…`).join(', '),
        );
      } else if (value === undefined || value === '')
        fault('script-header', setting.index, `"${whole}"`, `${key}=VALUE`);
      else if (key === 'stages') {
        header.stages = value.split(',');
        for (const stage of header.stages) {
          if (stageNames && !stageNames.includes(stage))
            fault(
              'check-unknown-name',
              setting.index,
              `the stage "${stage}"`,
              wantOneOf('a stage of mesh.yaml', stage, stageNames),
            );
        }
      } else if (key === 'envoy') {
        header.envoy = value;
        if (!isRange(value))
          fault(
            'check-envoy-range',
            setting.index,
            `"${value}"`,
            'a semver range such as ">=1.38" (quoted where it has white space)',
          );
      } else {
        header.timeoutMs = DURATION.test(value) ? durationMs(value) : 0;
        if (header.timeoutMs < 1 || header.timeoutMs > MAX_SCRIPT_TIMEOUT_MS)
          fault('script-header', setting.index, `"${whole}"`, 'a time limit such as timeout=10s, at most 10m');
      }
    }
  });
  return { header, findings };
}
