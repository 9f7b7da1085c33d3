import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { apiSetFor } from '../../../render/api/api-set.ts';
import { checkMessage } from '../../../render/api/check-message.ts';
import { checkResources } from '../../../render/api/check-resources.ts';
import { mergeByVersion } from '../../../render/api/merge-findings.ts';
import { type Finding, renderFinding } from '../../../render/finding.ts';
import type { EnvoyVersion } from '../../../render/ids.ts';
import { RESOURCE_TYPES } from '../../../render/resource.ts';
import { CORPUS, type CorpusSet, corpusIsHere, readCorpusSet, readLabels } from './corpus-set.ts';

const LABELLED = { '1_36': '1.36.4', '1_39': '1.39.3', '1_40': '1.40.0' } as const;
const VERSIONS = Object.values(LABELLED) as unknown as EnvoyVersion[];
/** The classes of bad sets that the API alone must refuse; the others need the snapshot as a whole, or an Envoy. */
const REFUSED_CLASSES = new Set(['constraint', 'unknown-field', 'unknown-extension', 'type', 'old-api', 'syntax']);
/** What a real Envoy refuses in an older version for reasons that its API does not tell. */
const BEYOND_THE_API = /field is not supported|doesn't support virtual host or route specific/;

const errorsOf = (findings: readonly Finding[], version: string): readonly Finding[] =>
  findings.filter(({ severity, envoy }) => severity === 'error' && (envoy === undefined || envoy.includes(version)));

describe.skipIf(!corpusIsHere)('configurations labelled by real Envoys (needs ../shared/corpus)', () => {
  const good = corpusIsHere ? readLabels(join(CORPUS, 'good/labels.csv')) : [];
  const bad = corpusIsHere ? readLabels(join(CORPUS, 'bad/labels.csv')) : [];

  test('good sets: no error where Envoy takes all of it, a finding where it refuses or drops something', () => {
    const alarms: string[] = [];
    const missed: string[] = [];
    let judged = 0;
    for (const label of good) {
      const { written, bootstrap } = readCorpusSet(join(CORPUS, 'good', label.set ?? ''));
      const findings = checkResources(written, bootstrap, VERSIONS);
      for (const [column, version] of Object.entries(LABELLED)) {
        const errors = errorsOf(findings, version);
        const takes =
          label[`ok_${column}`] === '1' && label[`xds_${column}`] === '1' && label[`dropped_${column}`] === '0';
        judged++;
        if (takes && errors.length > 0) alarms.push(`${label.set} ${version}: ${errors.map(renderFinding).join('; ')}`);
        if (!takes && errors.length === 0 && !BEYOND_THE_API.test(label.first_error ?? ''))
          missed.push(`${label.set} ${version}: ${label.first_error || 'dropped fields'}`);
      }
    }
    report(`good: ${good.length} sets, ${judged} judgements, ${alarms.length} false alarms, ${missed.length} missed`);
    expect(alarms).toEqual([]);
    expect(missed).toEqual([]);
    expect(judged).toBeGreaterThan(100);
  });

  test('bad sets: the classes that the API tells are refused, with a place in one of its files', () => {
    const counts = new Map<string, { refused: number; all: number }>();
    const passed: string[] = [];
    const unplaced: string[] = [];
    for (const label of bad) {
      let set: CorpusSet | undefined;
      try {
        set = readCorpusSet(join(CORPUS, 'bad', label.set ?? ''));
      } catch {
        set = undefined;
      }
      const errors = set && errorsOf(checkResources(set.written, set.bootstrap, VERSIONS), '1.40.0');
      const refused = errors === undefined || errors.length > 0;
      const count = counts.get(label.class ?? '') ?? { refused: 0, all: 0 };
      counts.set(label.class ?? '', { refused: count.refused + Number(refused), all: count.all + 1 });
      if (!refused && REFUSED_CLASSES.has(label.class ?? '')) passed.push(`${label.class} ${label.set}`);
      for (const finding of errors ?? [])
        if (!finding.at.file.endsWith('.yaml') || finding.at.line < 1) unplaced.push(renderFinding(finding));
    }
    report(`bad: ${[...counts].map(([name, { refused, all }]) => `${name} ${refused}/${all}`).join(', ')}`);
    expect(passed).toEqual([]);
    expect(unplaced).toEqual([]);
  });

  test('leaving out the walks of sets that agree changes no finding', () => {
    const versions = ['1.36.4', '1.37.0', '1.38.3', '1.39.3', '1.40.0'] as unknown as EnvoyVersion[];
    const all = [...good.map(({ set }) => `good/${set}`), ...bad.map(({ set }) => `bad/${set}`)];
    const sort = (findings: readonly Finding[]): string[] => findings.map(renderFinding).sort();
    for (const dir of all) {
      let set: CorpusSet;
      try {
        set = readCorpusSet(join(CORPUS, dir));
      } catch {
        continue;
      }
      const whole = set.written.flatMap(({ kind, body, at }) =>
        mergeByVersion(
          versions.map((version) => ({
            version,
            findings: checkMessage(apiSetFor(version).set, RESOURCE_TYPES[kind].message, body, { at }).findings,
          })),
        ),
      );
      const quick = checkResources(set.written, undefined, versions).map(({ resource: _, ...finding }) => finding);
      expect(sort(quick), dir).toEqual(sort(whole));
    }
  });
});

/** Counts belong in the output of the run, whether it passes or not. */
const report = (line: string): void => {
  process.stdout.write(`  ${line}\n`);
};
