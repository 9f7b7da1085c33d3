import { afterAll, beforeAll, expect, test } from 'vitest';
import { dockerEngine } from '../../conformance/launcher/docker-engine.ts';
import { PINNED_ENVOY_VERSIONS } from '../../conformance/launcher/pinned-versions.ts';
import { MUTATIONS } from '../config/mutations.ts';
import { verifySample } from './sample-runs.ts';
import { type Sandbox, sandbox } from './sandbox.ts';

// A minute and a half on two quiet cores for both launchers; the limit is for busy ones.
const LIMIT_MS = 600_000;
const OLDEST = PINNED_ENVOY_VERSIONS[0] ?? '';
const NEWEST = PINNED_ENVOY_VERSIONS.at(-1) ?? '';

let box: Sandbox;
beforeAll(async () => {
  box = await sandbox();
});
afterAll(() => box[Symbol.asyncDispose]());

test('the sample mesh passes 20 of 20 cells with processes, and is then recalled', { timeout: LIMIT_MS }, async () => {
  const { exitCode, result, notPassed } = await verifySample(box, 'process');
  expect([notPassed, exitCode, result.cells.length]).toEqual([[], 0, 20]);
  expect(result.cells.filter(({ cached }) => cached)).toEqual([]);
  expect(result.findings).toEqual([]);
  // What each mutation of the sample turns red is green without it, for every Envoy version.
  for (const { stage, check } of MUTATIONS)
    for (const cell of result.cells.filter((one) => one.stage === stage)) {
      const outcome = cell.checks.find(({ name }) => name === check)?.outcome.kind;
      expect([cell.id, check, outcome]).toEqual([cell.id, check, 'pass']);
    }
  const again = await verifySample(box, 'process');
  // The pass of a cell that a busy machine had run twice is not kept.
  const twice = new Set(result.cells.filter(({ rerun }) => rerun !== undefined).map(({ id }) => id));
  expect([again.exitCode, again.result.cells.filter(({ id, cached }) => !cached && !twice.has(id))]).toEqual([0, []]);
  expect(twice.size).toBeLessThan(result.cells.length / 2);
  expect(await box.leftovers()).toEqual([]);
});

// Those between are the same images to Docker: `npm run test:long` has all 20.
test('the sample mesh passes every stage with Docker, on the oldest Envoy and the newest', {
  timeout: LIMIT_MS,
}, async ({ skip }) => {
  const noDocker = await dockerEngine().then(
    () => undefined,
    (fault: Error) => fault.message,
  );
  if (noDocker !== undefined) return skip(noDocker);
  const { exitCode, result, notPassed } = await verifySample(box, 'docker', [OLDEST, NEWEST]);
  expect([notPassed, exitCode, result.cells.length]).toEqual([[], 0, 8]);
  expect(new Set(result.cells.map(({ launcher }) => launcher))).toEqual(new Set(['docker']));
  expect(await box.leftovers()).toEqual([]);
});
