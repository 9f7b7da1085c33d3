import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GUARD_RULES } from '../../../conformance/guards/rules.ts';
import { type Finding, renderFinding } from '../../../render/finding.ts';
import { validateDirectory } from './validate-directory.ts';

// 248 configs that real Envoys have judged, where they are to be had: beside the repository, never in it.
const CORPUS = join(import.meta.dirname, '../../../../shared/corpus');
const ENVOYS = { '1_36': '1.36.4', '1_39': '1.39.3', '1_40': '1.40.0' } as const;

/** The labels have no comma before the columns that are read here, except inside quotes, which come later. */
function labelsOf(side: 'good' | 'bad'): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const [head = '', ...lines] = readFileSync(join(CORPUS, side, 'labels.csv'), 'utf8')
    .trim()
    .split('\n');
  const columns = head.split(',');
  return new Map(
    lines.map((line) => {
      const cells = line.split(',');
      return [cells[0] ?? '', Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']))];
    }),
  );
}

const setsOf = (side: 'good' | 'bad'): readonly string[] =>
  readdirSync(join(CORPUS, side), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

const errorsOf = async (side: 'good' | 'bad', set: string, envoys: readonly string[]): Promise<readonly Finding[]> =>
  (await validateDirectory(join(CORPUS, side, set), envoys)).findings.filter(({ severity }) => severity === 'error');

/** Bad sets that validation refuses at least, by class; the rest need an Envoy, or a file on the proxy's disk. */
const FLOOR: Readonly<Record<string, number>> = {
  address: 16,
  constraint: 13,
  crash: 0,
  duplicate: 7,
  environment: 0,
  format: 2,
  'missing-ref': 4,
  'old-api': 14,
  regex: 1,
  'runtime-nack': 3,
  semantic: 40,
  syntax: 1,
  tls: 3,
  type: 4,
  'unknown-extension': 10,
  'unknown-field': 3,
};

describe.skipIf(!existsSync(CORPUS))('configs that real Envoys have judged', () => {
  test('no guard raises an error on a good set', { timeout: 180_000 }, async () => {
    const labels = labelsOf('good');
    const guards = new Set(GUARD_RULES.map(({ code }) => code));
    const alarms: string[] = [];
    let judged = 0;
    for (const set of setsOf('good')) {
      const label = labels.get(set) ?? {};
      const envoys = Object.entries(ENVOYS).flatMap(([column, version]) =>
        label[`ok_${column}`] === '1' && label[`dropped_${column}`] === '0' ? [version] : [],
      );
      if (envoys.length === 0) continue;
      judged += 1;
      const errors = await errorsOf('good', set, envoys);
      alarms.push(...errors.filter(({ rule }) => guards.has(rule)).map((one) => `${set}: ${renderFinding(one)}`));
    }
    expect(alarms).toEqual([]);
    expect(judged).toBeGreaterThan(100);
  });

  test('bad sets are refused, class by class', { timeout: 180_000 }, async () => {
    const labels = labelsOf('bad');
    const refused = new Map<string, { refused: number; all: number }>();
    for (const set of setsOf('bad')) {
      const kind = labels.get(set)?.class ?? '';
      const count = refused.get(kind) ?? { refused: 0, all: 0 };
      count.all += 1;
      if ((await errorsOf('bad', set, Object.values(ENVOYS))).length > 0) count.refused += 1;
      refused.set(kind, count);
    }
    const lines = [...refused].sort().map(([kind, count]) => `${kind} ${count.refused} of ${count.all}`);
    process.stdout.write(`refused without an Envoy: ${lines.join(', ')}\n`);
    const below = Object.entries(FLOOR).filter(([kind, least]) => (refused.get(kind)?.refused ?? 0) < least);
    expect(below).toEqual([]);
  });
});
