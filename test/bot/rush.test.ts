import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { rush } from '../../bot/receive/rush.ts';

/** Whether a promise has resolved by now. */
function watched(promise: Promise<boolean>): { readonly promise: Promise<boolean>; isDone: boolean } {
  const watch = { promise, isDone: false };
  void promise.then(() => {
    watch.isDone = true;
  });
  return watch;
}
const NEVER_MS = 3_600_000;

test('with nobody at the door, work goes on at once', async () => {
  const over = watched(rush({ mostMs: NEVER_MS }).over());
  await Promise.resolve();
  expect(over.isDone).toBe(true);
});

test('work waits until everybody has an answer, those included who came meanwhile', async () => {
  const door = rush({ mostMs: NEVER_MS });
  const leaves = [door.enter(), door.enter()];
  const over = watched(door.over());
  leaves[0]?.();
  leaves[0]?.();
  // Several looks at the door: however many they are, somebody stands there.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(over.isDone).toBe(false);
  const late = door.enter();
  leaves[1]?.();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(over.isDone).toBe(false);
  late();
  expect(await over.promise).toBe(true);
});

test('those who come in each turn of the loop are one rush, though each has left when the next comes', async () => {
  const door = rush({ mostMs: NEVER_MS });
  door.enter()();
  const over = watched(door.over());
  for (let came = 0; came < 200; came += 1) {
    await turn();
    expect(over.isDone).toBe(false);
    door.enter()();
    // A turn that took its time, as on a busy machine.
    const until = performance.now() + 1;
    while (performance.now() < until);
  }
  expect(await over.promise).toBe(true);
});

test('a stream that never ends keeps work waiting only so long; the next rush is held anew', async () => {
  const door = rush({ mostMs: 50 });
  const leave = door.enter();
  expect(await door.over()).toBe(false);
  const still = watched(door.over());
  await Promise.resolve();
  expect(still.isDone).toBe(true);
  leave();
  // Nobody came for a while.
  await new Promise((resolve) => setTimeout(resolve, 60));
  const next = door.enter();
  const over = watched(door.over());
  await Promise.resolve();
  expect(over.isDone).toBe(false);
  next();
  expect(await over.promise).toBe(true);
});
