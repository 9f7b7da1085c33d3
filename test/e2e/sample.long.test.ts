import { expect, test } from 'vitest';
import { dockerEngine } from '../../conformance/launcher/docker-engine.ts';
import { verifySample } from './sample-runs.ts';
import { sandbox } from './sandbox.ts';

const LIMIT_MS = 900_000;

test('the sample mesh passes 20 of 20 cells with Docker', { timeout: LIMIT_MS }, async ({ skip }) => {
  const noDocker = await dockerEngine().then(
    () => undefined,
    (fault: Error) => fault.message,
  );
  if (noDocker !== undefined) return skip(noDocker);
  await using box = await sandbox();
  const { exitCode, result, notPassed } = await verifySample(box, 'docker');
  expect([notPassed, exitCode, result.cells.length]).toEqual([[], 0, 20]);
  expect(new Set(result.cells.map(({ launcher }) => launcher))).toEqual(new Set(['docker']));
  expect(await box.leftovers()).toEqual([]);
});
