import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type SharedStore, sharedStore, type World, world } from './engine-world.ts';
import { change, HARM, NOTHING } from './landed.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let shared: SharedStore;
beforeAll(async () => {
  shared = await sharedStore();
});
afterAll(() => shared[Symbol.asyncDispose]());

const WEEK_MS = 7 * 24 * 3_600_000;

async function landed(mesh: World, seconds: number): Promise<string> {
  await change(mesh, seconds);
  const { promotion } = await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
  await mesh.settle();
  return promotion ?? '';
}
const back = async (mesh: World): Promise<string> =>
  (await mesh.as('ada')({ kind: 'rollback', stage: mesh.beta, digest: undefined, reason: '5xx' })).promotion ?? '';

test('an undecided rollback that nobody decides on ends as promoted, and the stage stays held', async () => {
  await using mesh = await world(shared);
  const first = await landed(mesh, 1);
  await landed(mesh, 2);
  mesh.fleet = () => NOTHING;
  const id = await back(mesh);
  await mesh.settle();
  expect((await mesh.promotion(id)).state.kind).toBe('undecided');
  expect((await mesh.store.read.stage(mesh.beta)).hold).toMatchObject({ cause: 'undecided', promotion: id });
  // Released too early, it is held again by the end of the rollback.
  await mesh.as('bo')({ kind: 'release', stage: mesh.beta, reason: 'looks fine' });
  await mesh.settle(WEEK_MS);
  expect(await mesh.standing(id)).toBe('promoted');
  const { live, hold } = await mesh.store.read.stage(mesh.beta);
  const { state } = await mesh.promotion(first);
  expect(state.kind === 'promoted' && state.plan.digest).toBe(live?.digest);
  expect(hold).toMatchObject({ cause: 'rolled-back', promotion: id });
});

test('rolled back and held are one step: the log has nothing in between', async () => {
  await using mesh = await world(shared);
  await landed(mesh, 1);
  mesh.fleet = () => HARM;
  const id = await landed(mesh, 2);
  expect(await mesh.standing(id)).toMatch(/^rolled-back/);
  const log = (await mesh.store.read.audit(1, 10_000)).map(({ subject }) => subject);
  const end = log.findIndex(
    (subject) => subject.kind === 'promotion' && subject.promotion === id && subject.event.kind === 'rolled-back',
  );
  expect(log[end + 1]).toMatchObject({ kind: 'stage', stage: mesh.beta, event: { kind: 'held', promotion: id } });
});

test('a target of which nobody can tell is put back to what is live, whatever the reason says', async () => {
  await using mesh = await world(shared);
  await landed(mesh, 1);
  const second = await landed(mesh, 2);
  mesh.away = 'push';
  const third = await landed(mesh, 3);
  await mesh.settle(10 * 60_000);
  expect(await mesh.standing(third)).toMatch(/^errored/);
  expect((await mesh.store.read.stage(mesh.beta)).hold).toMatchObject({ cause: 'unsettled', promotion: third });
  mesh.away = undefined;
  const id = await back(mesh);
  await mesh.settle();
  expect(await mesh.standing(id)).toBe('promoted');
  const { live } = await mesh.store.read.stage(mesh.beta);
  const held = await (await mesh.target(mesh.beta)).read();
  const { state } = await mesh.promotion(second);
  expect(state.kind === 'promoted' && state.plan.digest).toBe(live?.digest);
  expect(held).toMatchObject({ delivery: { manifest: { digest: live?.digest } } });
});
