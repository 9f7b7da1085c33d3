import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PINNED_ENVOY_VERSIONS } from '../../conformance/launcher/pinned-versions.ts';
import type { CellReport } from '../../conformance/report/matrix-result.ts';
import { type Answer, type Question, verifyMany } from '../conformance/verify-many.ts';
import { mutatedSample } from './mutate.ts';
import { MUTATIONS, type Mutation } from './mutations.ts';

const ENVOY = PINNED_ENVOY_VERSIONS.at(-1) ?? '';
const DEADLINE_MS = 300_000;
let scratch: string;
let answers: ReadonlyMap<Mutation, Answer>;
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'meshgate-mutations-'));
  const questions = new Map<Mutation, Question>();
  for (const mutation of MUTATIONS) {
    const { feature: name, stage, check } = mutation;
    const dir = path.join(scratch, name.replaceAll(/\W+/g, '-'));
    await mutatedSample(dir, mutation);
    questions.set(mutation, { name, dir, envoy: ENVOY, stage, check });
  }
  // One set of workers for all: most of the time of a run for each would go into starting them.
  const many = await verifyMany([...questions.values()], { signal: AbortSignal.timeout(DEADLINE_MS) });
  answers = new Map([...questions.keys()].flatMap((mutation, index) => (many[index] ? [[mutation, many[index]]] : [])));
}, DEADLINE_MS);
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** What the harness could not tell is no red of a check: it must be seen as such. */
const told = (cell: CellReport | undefined): CellReport => {
  expect(cell?.message ?? cell?.verdict).not.toBe('inconclusive');
  if (!cell) throw new Error('no cell ran');
  return cell;
};

// That the same checks are green without it, in every stage and for every Envoy version: test/e2e/sample.envoy.test.ts.
test.each(MUTATIONS)('without $feature, "$check" is red in $stage', (mutation) => {
  const answer = answers.get(mutation);
  expect(answer?.verdict).toBe('fail');
  if (mutation.sooner !== undefined) {
    expect(answer?.findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule)).toContain(
      mutation.sooner,
    );
    return;
  }
  const cell = told(answer?.cell);
  const check = cell.checks.find(({ name }) => name === mutation.check);
  expect([cell.findings, check?.outcome.kind]).toEqual([[], 'fail']);
});
