import { expect, test } from 'vitest';
import {
  nextServices,
  type ServicesState,
  servicesDueEpochMs,
  servicesOf,
  startServices,
} from '../../../controlplane/generators/believed-services.ts';
import type { ServicesAnswer } from '../../../controlplane/generators/service-list.ts';

const BOUNDS = { maxStaleMs: 1_000, floorPercent: 50, floorHoldMs: 100 };
const known = (...names: readonly string[]) => names.map((name) => ({ name, tags: [] }));
const says = (...names: readonly string[]): ServicesAnswer => ({ kind: 'services', services: known(...names) });
const FAILED: ServicesAnswer = { kind: 'failed', problem: 'gone' };

/** `[at, answer]`; undefined is time alone. */
function after(...events: readonly (readonly [number, ServicesAnswer | undefined])[]): ServicesState {
  return events.reduce((state, [at, answer]) => nextServices(state, answer, at), startServices(BOUNDS, 0));
}
const names = (state: ServicesState): readonly string[] | undefined => servicesOf(state)?.map(({ name }) => name);

test('nothing is known before the first answer, not even that there is nothing', () => {
  expect(names(after())).toBeUndefined();
  expect(names(after([0, FAILED]))).toBeUndefined();
  expect(names(after([0, says()]))).toEqual([]);
});

test('one of many goes at once; many of a sudden stay until that was said for long enough', () => {
  expect(names(after([0, says('a', 'b')], [1, says('a')]))).toEqual(['a']);
  const held = after([0, says('a', 'b', 'c')], [10, says('d')]);
  expect(names(held)).toEqual(['a', 'b', 'c', 'd']);
  expect(servicesDueEpochMs(held)).toBe(110);
  expect(names(nextServices(held, undefined, 109))).toEqual(['a', 'b', 'c', 'd']);
  expect(names(nextServices(held, undefined, 110))).toEqual(['d']);
  expect(names(nextServices(held, says('a', 'b', 'd'), 50))).toEqual(['a', 'b', 'd']);
});

test('services that go one by one are held as if they went at once', () => {
  const lapsing = after([0, says('a', 'b', 'c', 'd')], [10, says('a', 'b', 'c')], [20, says('a', 'b')]);
  expect(names(lapsing)).toEqual(['a', 'b']);
  const held = nextServices(nextServices(lapsing, says('a'), 30), says(), 40);
  expect(names(held)).toEqual(['a', 'b']);
  expect(servicesDueEpochMs(held)).toBe(130);
  expect(names(nextServices(held, undefined, 130))).toEqual([]);
  expect(names(nextServices(lapsing, says('a'), 120))).toEqual(['a']);
});

test('a failure in between starts that time anew', () => {
  const held = after([0, says('a', 'b', 'c')], [10, says()], [60, FAILED], [70, says()], [120, undefined]);
  expect(names(held)).toEqual(['a', 'b', 'c']);
  expect(names(nextServices(held, undefined, 170))).toEqual([]);
});

test('a source that fails is believed until its last answer is too old; then nothing of it is', () => {
  const failing = after([0, says('a')], [10, FAILED], [500, FAILED]);
  expect(names(failing)).toEqual(['a']);
  expect(servicesDueEpochMs(failing)).toBe(1_010);
  expect(names(nextServices(failing, undefined, 1_010))).toEqual([]);
  expect(names(after([0, says('a')], [10, FAILED], [500, says('b')]))).toEqual(['b']);
});

test('after a restart what was remembered is believed as the answer of a source that fails', () => {
  const fresh = startServices(BOUNDS, 500, { services: known('a', 'b', 'c'), sinceEpochMs: 100 });
  expect(names(fresh)).toEqual(['a', 'b', 'c']);
  expect(servicesDueEpochMs(fresh)).toBe(1_100);
  // A registry that comes back with nothing is not believed.
  expect(names(nextServices(fresh, says(), 501))).toEqual(['a', 'b', 'c']);
  expect(names(startServices(BOUNDS, 1_100, { services: known('a'), sinceEpochMs: 100 }))).toBeUndefined();
});
