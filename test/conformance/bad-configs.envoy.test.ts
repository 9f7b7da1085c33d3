import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderFinding } from '../../render/finding.ts';
import { formatLocation } from '../../render/source-location.ts';
import { type Answer, verifyMany } from './verify-many.ts';

// Configs that only a real Envoy refuses. The static guards' side of the same folder is `guards/bad-configs.test.ts`.
const ROOT = join(import.meta.dirname, '../fixtures/bad');
const VERSIONS = ['1.36.4', '1.40.0'] as const;

type Expectation = {
  /** `nack`: a running Envoy refuses it. `envoy-refused`: `--mode validate` does, and what the cell runs has it substituted. */
  readonly rule: 'nack' | 'envoy-refused';
  readonly at: string;
  readonly where: string;
  /** Envoy's own words, as far as all versions say the same. */
  readonly says?: string;
};

const cases = readdirSync(ROOT)
  .map((name) => ({ name, expectation: parse(readFileSync(join(ROOT, name, 'expect.yaml'), 'utf8')) as Expectation }))
  .filter(({ expectation }) => expectation.where === 'verify');

describe('configs that only an Envoy refuses', () => {
  let answers: readonly Answer[] = [];
  beforeAll(async () => {
    const questions = cases.flatMap(({ name }) => VERSIONS.map((envoy) => ({ name, dir: join(ROOT, name), envoy })));
    answers = await verifyMany(questions, { signal: AbortSignal.timeout(110_000) });
  });

  for (const { name, expectation } of cases)
    test(`${name}: ${expectation.rule} at ${expectation.at}`, () => {
      const { rule, at, says = '' } = expectation;
      const own = answers.filter((answer) => answer.name === name);
      expect(own.map(({ envoy }) => envoy)).toEqual(VERSIONS);
      for (const { envoy, verdict, findings } of own) {
        expect(verdict, envoy).toBe('fail');
        const errors = findings.filter(({ severity }) => severity === 'error');
        const told = errors.map((finding) => `${finding.rule} ${formatLocation(finding.at)} on ${finding.envoy}`);
        expect(told).toContain(`${rule} ${at} on ${envoy}`);
        expect(errors.find((finding) => finding.rule === rule)?.saw).toContain(says);
        // One fault: whoever tells of it says the same place.
        expect(
          [...new Set(errors.map((finding) => formatLocation(finding.at)))],
          errors.map(renderFinding).join('\n'),
        ).toEqual([at]);
      }
    });

  test('there are as many as there were', () => {
    expect(cases.length).toBeGreaterThanOrEqual(16);
  });
});
