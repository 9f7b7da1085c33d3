import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { PromotionId } from '../../../pipeline/ids.ts';
import type { PrometheusAnswer } from '../../../pipeline/observe/prometheus.ts';
import { type SharedStore, sharedStore, type World, world } from './engine-world.ts';
import { meshYaml } from './mesh-yaml.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let shared: SharedStore;
beforeAll(async () => {
  shared = await sharedStore();
});
afterAll(() => shared[Symbol.asyncDispose]());

const CHECK = `observe:
  prometheus: [{ name: errors, url: "http://prometheus.example", query: "rate(errors[1m])", want: "< 1" }]
`;
const holds: PrometheusAnswer = { kind: 'holds', samples: 1 };

type Watched = { readonly mesh: World; says: PrometheusAnswer; asked: number };
async function watched(): Promise<Watched> {
  const self = { says: holds, asked: 0 };
  const mesh = await world(shared, {
    mesh: (beta, canary) => `${meshYaml(beta, canary)}${CHECK}`,
    wrap: (ports) => ({
      ...ports,
      ask: async () => {
        self.asked += 1;
        return self.says;
      },
    }),
  });
  return Object.assign(self, { mesh });
}
const promote = async (mesh: World, stage = mesh.beta): Promise<string> =>
  (await mesh.as('ada')({ kind: 'promote', stage, revision: undefined, reason: '' })).promotion ?? '';
const changed = (mesh: World, seconds: number) =>
  mesh.commit({ 'runtime.yaml': `- name: limits\n  layer: { request_timeout: ${seconds} }\n` });

test('a check that a server refuses to read is refused at the plan, with the finding', async () => {
  const world_ = await watched();
  await using mesh = world_.mesh;
  world_.says = { kind: 'invalid', problem: 'parse error' };
  const id = await promote(mesh);
  await mesh.settle();
  expect(await mesh.standing(id)).toMatch(/^rejected: the checks that would watch it.*query-invalid.*parse error/s);
  expect(mesh.proved).toEqual([]);
});

test('a check that finds nothing is no obstacle to a first delivery, and refused from then on', async () => {
  const world_ = await watched();
  await using mesh = world_.mesh;
  world_.says = { kind: 'nothing', problem: 'no series matches' };
  const first = await promote(mesh);
  await mesh.settle();
  expect(await mesh.standing(first)).toBe('promoted');
  await changed(mesh, 2);
  const second = await promote(mesh);
  await mesh.settle();
  expect(await mesh.standing(second)).toContain('query-matches-nothing');
  expect(mesh.pushes).toEqual([`${first} forward`]);
});

test('one that can tell nothing any more once all gates are open is not pushed; nobody is asked while people think', async () => {
  const world_ = await watched();
  await using mesh = world_.mesh;
  await promote(mesh);
  await mesh.settle();
  await promote(mesh, mesh.canary);
  await mesh.settle();
  await mesh.as('bo')({
    kind: 'approve',
    promotion: `${mesh.canary}-1` as PromotionId,
    binding: undefined,
    reason: '',
  });
  await mesh.settle();
  await changed(mesh, 2);
  await promote(mesh);
  await mesh.settle();
  const id = (await promote(mesh, mesh.canary)) as PromotionId;
  await mesh.settle();
  const { asked } = world_;
  world_.says = { kind: 'nothing', problem: 'no series matches' };
  await mesh.settle(30 * 60_000);
  expect([(await mesh.promotion(id)).state.kind, world_.asked]).toEqual(['gating', asked]);
  await mesh.as('bo')({ kind: 'approve', promotion: id, binding: undefined, reason: '' });
  await mesh.settle();
  expect(await mesh.standing(id)).toMatch(/^rejected: .*query-matches-nothing/s);
  expect(mesh.pushes).not.toContain(`${id} forward`);
});

test('a server that does not answer is no pass: tried again, and then it errs and says so', async () => {
  const world_ = await watched();
  await using mesh = world_.mesh;
  const first = await promote(mesh);
  await mesh.settle();
  await changed(mesh, 2);
  world_.says = { kind: 'unanswered', problem: 'http://prometheus.example gives no answer' };
  const id = await promote(mesh);
  await mesh.settle();
  expect((await mesh.promotion(id)).state.kind).toBe('planning');
  world_.says = holds;
  await mesh.settle(60_000);
  expect(await mesh.standing(id)).toBe('promoted');
  await changed(mesh, 3);
  world_.says = { kind: 'unanswered', problem: 'http://prometheus.example gives no answer' };
  const lost = await promote(mesh);
  await mesh.settle(10 * 60_000);
  expect(await mesh.standing(lost)).toMatch(/^errored: Prometheus check errors: .*gives no answer/);
  expect(mesh.pushes).toEqual([`${first} forward`, `${id} forward`]);
});

test('a rollback asks nobody', async () => {
  const world_ = await watched();
  await using mesh = world_.mesh;
  await promote(mesh);
  await mesh.settle();
  await changed(mesh, 2);
  await promote(mesh);
  await mesh.settle();
  world_.says = { kind: 'unanswered', problem: 'gone' };
  const back = await mesh.as('ada')({ kind: 'rollback', stage: mesh.beta, digest: undefined, reason: '5xx' });
  await mesh.settle();
  expect(await mesh.standing(back.promotion ?? '')).toBe('promoted');
});
