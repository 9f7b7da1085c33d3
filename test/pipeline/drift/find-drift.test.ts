import { expect, test } from 'vitest';
import { APPLIED_GRACE_MS, type DriftInput, findDrift, SERVED_GRACE_MS } from '../../../pipeline/drift/find-drift.ts';
import type { PolicyVersion, PromotionId, Revision, TargetVersion } from '../../../pipeline/ids.ts';
import { emptyStage } from '../../../pipeline/stage/stage-record.ts';
import type { Delivery, Held } from '../../../pipeline/targets/target.ts';
import { shortDigest } from '../../../render/ids.ts';
import { BASE, controlPlane, DIGEST, node, PUSH, STAGE } from '../observe/fake-fleet.ts';

const at = { version: 'v7' as TargetVersion };
const delivery = (digest: typeof DIGEST): Held =>
  ({ kind: 'delivery', ...at, delivery: { manifest: { digest } } as Delivery }) as const;
const LATER = PUSH + 10 * 60_000;

/** All is as promoted, ten minutes after the push; a test changes what it is about. */
const drift = (more: Partial<DriftInput>) =>
  findDrift({
    stage: {
      ...emptyStage(STAGE),
      live: {
        digest: DIGEST,
        revision: 'r' as Revision,
        policyVersion: 'p' as PolicyVersion,
        promotion: 'canary-1' as PromotionId,
        targetVersion: 'v1' as TargetVersion,
        atEpochMs: PUSH,
      },
    },
    held: delivery(DIGEST),
    nodes: [node('edge-1'), node('edge-2')],
    controlPlanes: [controlPlane()],
    occupied: false,
    nowEpochMs: LATER,
    ...more,
  });

test('as promoted, all the way: no drift', () => expect(drift({})).toBeUndefined());

test.each<[string, Held, string]>([
  ['another delivery', delivery(BASE), BASE],
  ['nothing', { kind: 'empty', ...at }, 'the target is empty'],
  [
    'something foreign',
    { kind: 'foreign', ...at, problem: 'no manifest', digest: undefined },
    'something foreign: no manifest',
  ],
  ['a foreign digest', { kind: 'foreign', ...at, problem: 'edited', digest: BASE }, BASE],
])('the target holds %s: delivered', (_, held, saw) => {
  // It is the first that parts, whatever control planes and nodes say.
  const behind = { controlPlanes: [controlPlane({ servedDigest: BASE })], nodes: [] };
  expect(drift({ held, ...behind })).toEqual({ kind: 'delivered', want: DIGEST, saw, targetVersion: 'v7' });
});

test('a control plane serves something else: served, once it had the time to change', () => {
  expect(drift({ controlPlanes: [controlPlane({ servedDigest: BASE })] })).toEqual({
    kind: 'served',
    want: DIGEST,
    saw: BASE,
    targetVersion: undefined,
  });
  const two = drift({
    controlPlanes: [controlPlane(), controlPlane({ id: 'cp-2', servedDigest: undefined, problem: 'gone' })],
  });
  expect(two?.saw).toBe('control plane cp-2 serves nothing (gone)');
  const restarted = controlPlane({ servedDigest: undefined, stateSinceEpochMs: LATER - SERVED_GRACE_MS + 1 });
  expect(drift({ controlPlanes: [restarted] })).toBeUndefined();
});

test('an Envoy runs, refuses or does not take something: applied, once it had the time', () => {
  const old = node('edge-2', { servedDigest: BASE, stateSinceEpochMs: PUSH - 5_000 });
  const saw = `1 of 2 Envoys: edge-2 runs ${shortDigest(BASE)}`;
  expect(drift({ nodes: [node('edge-1'), old] })).toEqual({
    kind: 'applied',
    want: DIGEST,
    saw,
    targetVersion: undefined,
  });
  expect(drift({ nodes: [node('edge-1', { state: 'refused' })] })?.saw).toBe('1 of 1 Envoys: edge-1 refused it');
  const booting = node('edge-2', { state: 'pending', stateSinceEpochMs: LATER - APPLIED_GRACE_MS + 1 });
  expect(drift({ nodes: [node('edge-1'), booting] })).toBeUndefined();
  expect(drift({ nodes: [node('edge-1', { state: 'pending' })] })?.saw).toBe('1 of 1 Envoys: edge-1 has not taken it');
  expect(drift({ nodes: [node('edge-1', { state: 'gone', servedDigest: BASE })] })).toBeUndefined();
});

test('a push in flight is no drift, nor is what a promotion does, nor a stage that nothing was promoted into', () => {
  const behind = {
    controlPlanes: [controlPlane({ servedDigest: BASE })],
    nodes: [node('edge-1', { servedDigest: BASE, stateSinceEpochMs: 0 })],
  };
  expect(drift({ ...behind, nowEpochMs: PUSH + SERVED_GRACE_MS - 1 })).toBeUndefined();
  expect(drift({ ...behind, held: delivery(BASE), occupied: true })).toBeUndefined();
  expect(drift({ held: delivery(BASE), stage: emptyStage(STAGE) })).toBeUndefined();
});
