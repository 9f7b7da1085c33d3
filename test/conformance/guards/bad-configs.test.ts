import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { GUARD_RULES } from '../../../conformance/guards/rules.ts';
import type { Finding } from '../../../render/finding.ts';
import { formatLocation } from '../../../render/source-location.ts';
import { validateDirectory } from './validate-directory.ts';

const ROOT = join(import.meta.dirname, '../../fixtures/bad');
const ENVOYS = ['1.36.4', '1.37.0', '1.38.3', '1.39.3', '1.40.0'];

type Expectation = {
  readonly rule: string;
  readonly at: string;
  readonly where: 'validate' | 'verify';
  /** Default `error`. */
  readonly severity?: 'warning';
  /** The versions that it holds for; absent: all. */
  readonly envoys?: readonly string[];
  /** A config directory that is live, relative to this one. */
  readonly live?: string;
};
const cases = readdirSync(ROOT).map((name) => {
  const expectation: Expectation = parse(readFileSync(join(ROOT, name, 'expect.yaml'), 'utf8'));
  return { name, dir: join(ROOT, name), expectation };
});

/** Rule and place of each finding; one whose text differs between versions is told once, with all of them. */
function toldOf(findings: readonly Finding[]): { rule: string; severity: string; at: string; envoy?: string[] }[] {
  const groups = Map.groupBy(findings, ({ rule, severity, at }) => `${rule} ${severity} ${formatLocation(at)}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first || first.rule === 'unused-file') return [];
    const envoys = [...new Set(group.flatMap(({ envoy }) => envoy ?? ENVOYS))].sort();
    const everywhere = envoys.length === ENVOYS.length;
    const told = { rule: first.rule, severity: first.severity, at: formatLocation(first.at) };
    return [everywhere ? told : { ...told, envoy: envoys }];
  });
}

describe('configs that are refused without an Envoy', () => {
  for (const { name, dir, expectation } of cases.filter((one) => one.expectation.where === 'validate'))
    test(`${name}: ${expectation.rule} at ${expectation.at}`, async () => {
      const live = expectation.live
        ? (await validateDirectory(join(dir, expectation.live), ENVOYS)).snapshot
        : undefined;
      const { findings } = await validateDirectory(dir, ENVOYS, live);
      const told = toldOf(findings);
      const { rule, at, severity = 'error', envoys } = expectation;
      expect(told).toContainEqual({ rule, severity, at, ...(envoys ? { envoy: envoys } : {}) });
      // One fault, one cause: whatever else is told must not be another error.
      expect(told.filter((one) => one.severity === 'error' && one.rule !== rule)).toEqual([]);
    });
});

describe('configs that only an Envoy refuses', () => {
  for (const { name, dir } of cases.filter((one) => one.expectation.where === 'verify'))
    test(`${name}: nothing is held against it beforehand`, async () => {
      const { findings, snapshot } = await validateDirectory(dir, ENVOYS);
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(snapshot).toBeDefined();
    });
});

test('every guard has a config that it alone refuses', () => {
  const shown = new Set(cases.map(({ expectation }) => expectation.rule));
  expect(GUARD_RULES.map(({ code }) => code).filter((code) => !shown.has(code))).toEqual([]);
});

test('the set is as large as it was', () => {
  const count = (where: Expectation['where']): number => cases.filter((one) => one.expectation.where === where).length;
  expect(count('validate')).toBeGreaterThanOrEqual(65);
  expect(count('verify')).toBeGreaterThanOrEqual(15);
});
