import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { renderFinding } from '../../render/finding.ts';
import { readLabels } from '../render/api/corpus-set.ts';
import { type Answer, type Question, verifyMany } from './verify-many.ts';

// Configs that real Envoys have judged, where they are to be had: beside the repository, never in it.
const CORPUS = join(import.meta.dirname, '../../../shared/corpus');
const isHere = existsSync(join(CORPUS, 'good/labels.csv'));
const why = isHere ? '' : ' (skipped: needs ../shared/corpus)';
const LABELLED = { '1_36': '1.36.4', '1_39': '1.39.3', '1_40': '1.40.0' } as const;
const COLUMNS = Object.keys(LABELLED) as (keyof typeof LABELLED)[];
const DEADLINE_MS = 600_000;

/** What is not refused, and why that is right in a cell. */
const NOT_REFUSED: Readonly<Record<string, string>> = {
  'pub-kumah-2-6-0-generator-prometheus-endpoint-delegated-tls-envoy-config':
    'its certificate and key are files on the disk of the proxy; a cell has its own in their place',
};

type Label = Readonly<Record<string, string>>;
const labelsOf = (side: 'good' | 'bad'): readonly Label[] =>
  isHere ? readLabels(join(CORPUS, side, 'labels.csv')) : [];

/** `whole`: every question. `part`: some of each kind, with an Envoy half as often; whoever changes a rule still hears of it. */
type Size = 'whole' | 'part';

/**
 * Each set on one of the versions that take all of it, in turn; of the whole corpus on each of them where they do not judge alike. Of a
 * part, one set in three of each source that all versions take: what one generator writes is of a kind.
 */
function goodQuestions(size: Size): Question[] {
  const ofSource = new Map<string, number>();
  return labelsOf('good').flatMap((label, index) => {
    const takes = COLUMNS.filter((column) => {
      const isTaken = label[`ok_${column}`] === '1' && label[`xds_${column}`] === '1';
      return isTaken && label[`dropped_${column}`] === '0';
    });
    const isSame = takes.length === COLUMNS.length;
    const before = ofSource.get(label.source ?? '') ?? 0;
    if (isSame) ofSource.set(label.source ?? '', before + 1);
    if (size === 'part' && isSame && before % 3 !== 0) return [];
    const isOnOne = isSame || size === 'part';
    return takes
      .filter((_, turn) => !isOnOne || turn === index % takes.length)
      .map((column) => questionOf('good', label, LABELLED[column]));
  });
}

/** Every set on every version that refuses it, of a part on the oldest and the newest of them; the static guards answer for most at once. */
const badQuestions = (size: Size): Question[] =>
  labelsOf('bad').flatMap((label) => {
    const refusing = COLUMNS.filter((_, digit) => {
      const dropped = label.dropped?.split('/')[digit] ?? '0';
      return label.refused_static?.[digit] === '1' || label.refused_xds?.[digit] === '1' || dropped !== '0';
    });
    return refusing
      .filter((_, index) => size === 'whole' || index === 0 || index === refusing.length - 1)
      .map((column) => questionOf('bad', label, LABELLED[column]));
  });

const questionOf = (side: 'good' | 'bad', { set = '' }: Label, envoy: string): Question => ({
  name: set,
  dir: join(CORPUS, side, set),
  envoy,
});

const inWords = ({ name, envoy, verdict, findings, cell }: Answer): string => {
  const errors = findings.filter(({ severity }) => severity === 'error');
  return `${name} on ${envoy}: ${verdict} ${[cell?.message, ...errors.map(renderFinding)].join('; ')}`;
};

/** Proves the corpus on real Envoys: every bad set, and all or some of the good ones. */
export function proveCorpus(size: Size): void {
  describe.skipIf(!isHere)(`configs that real Envoys have judged, in cells${why}`, () => {
    let good: readonly Answer[] = [];
    let bad: readonly Answer[] = [];
    beforeAll(async () => {
      const answers = await verifyMany([...goodQuestions(size), ...badQuestions(size)], {
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
      good = answers.filter(({ dir }) => dir.startsWith(join(CORPUS, 'good')));
      bad = answers.filter(({ dir }) => dir.startsWith(join(CORPUS, 'bad')));
    }, DEADLINE_MS);

    test('every good set passes on the versions that take all of it', () => {
      const passed = good.filter(({ verdict }) => verdict === 'pass');
      const sets = new Set(good.map(({ name }) => name));
      process.stdout.write(`  good: ${sets.size} sets, ${passed.length} of ${good.length} cells pass\n`);
      expect(good.filter(({ verdict }) => verdict !== 'pass').map(inWords)).toEqual([]);
      expect(sets.size).toBeGreaterThan(size === 'whole' ? 100 : 50);
      expect(new Set(good.map(({ envoy }) => envoy))).toEqual(new Set(Object.values(LABELLED)));
    });

    test('every bad set is refused on the versions that refuse it, but for those that are named', () => {
      const refused = bad.filter(({ verdict }) => verdict === 'fail');
      const sets = new Set(bad.map(({ name }) => name));
      const left = new Set(bad.filter(({ verdict }) => verdict !== 'fail').map(({ name }) => name));
      const statically = refused.filter(({ cell }) => cell === undefined).length;
      process.stdout.write(
        `  bad: ${sets.size} sets, ${refused.length} of ${bad.length} refused (${statically} without an Envoy), ${left.size} sets not\n`,
      );
      expect([...left].sort()).toEqual(Object.keys(NOT_REFUSED).sort());
      expect(bad.filter(({ verdict }) => verdict === 'inconclusive').map(inWords)).toEqual([]);
      expect(sets.size).toBeGreaterThan(130);
    });
  });
}
