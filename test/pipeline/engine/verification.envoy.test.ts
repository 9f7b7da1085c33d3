import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Answer } from '../../../pipeline/commands/answer.ts';
import type { PromotionId } from '../../../pipeline/ids.ts';
import { type SharedStore, sharedStore, type World, world } from './engine-world.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let shared: SharedStore;
beforeAll(async () => {
  shared = await sharedStore();
});
afterAll(() => shared[Symbol.asyncDispose]());

const ada = { via: 'cli', identity: 'unix:ada' } as const;
const ask = (mesh: World, revision?: string): Promise<Answer> => mesh.pipeline.ask({ kind: 'verify', revision }, ada);
const why = (mesh: World, id: string | undefined): Promise<Answer> =>
  mesh.pipeline.ask({ kind: 'why', promotion: (id ?? '') as PromotionId }, ada);
const tableOf = ({ blocks }: Answer) => blocks.flatMap((block) => (block.kind === 'table' ? [block.rows] : []))[0];

test('is begun by the answer and done by workers: every stage on every Envoy version', async () => {
  await using mesh = await world(shared);
  const begun = await ask(mesh);
  expect(begun).toMatchObject({ kind: 'shown', verification: expect.stringMatching(/^verify:\d+$/) as string });
  expect(mesh.proved).toEqual([]);
  expect(await why(mesh, begun.verification)).toMatchObject({
    title: expect.stringContaining('waits for a worker') as string,
  });
  await mesh.settle();
  expect(mesh.proved.map(({ stage, envoy }) => `${stage} ${envoy}`).sort()).toEqual([
    `${mesh.beta} 1.36.4`,
    `${mesh.beta} 1.40.0`,
    `${mesh.canary} 1.40.0`,
  ]);
  const ended = await why(mesh, begun.verification);
  expect(ended.title).toMatch(/passes in every stage$/);
  expect(tableOf(ended)).toEqual([
    ['stage', 'Envoy', 'verdict'],
    [mesh.beta, '1.36.4', 'pass'],
    [mesh.beta, '1.40.0', 'pass'],
    [mesh.canary, '1.40.0', 'pass'],
  ]);
  expect(mesh.pushes).toEqual([]);
  expect(await mesh.store.read.openPromotions(mesh.beta)).toEqual([]);
});

test('goes from what the target of each stage holds', async () => {
  await using mesh = await world(shared);
  await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
  await mesh.settle();
  const { live } = await mesh.store.read.stage(mesh.beta);
  await mesh.commit({ 'runtime.yaml': '- name: limits\n  layer: { request_timeout: 2 }\n' });
  mesh.proved.length = 0;
  await ask(mesh, 'main');
  await mesh.settle();
  expect(new Map(mesh.proved.map(({ stage, live: from }) => [stage, from?.digest]))).toEqual(
    new Map([
      [mesh.beta, live?.digest],
      [mesh.canary, undefined],
    ]),
  );
});

test('fails with its findings, by cells and by static guards; one that nobody could tell is tried twice', async () => {
  await using mesh = await world(shared);
  const finding = {
    rule: 'a-rule',
    severity: 'error',
    at: { file: 'a.yaml', line: 3, column: 1 },
    saw: 'x',
    want: 'y',
  } as const;
  mesh.cell = ({ envoy, stage }) =>
    envoy === '1.36.4'
      ? { verdict: 'fail', findings: [finding] }
      : stage === mesh.canary
        ? { verdict: 'inconclusive', message: 'no disk' }
        : undefined;
  const { verification } = await ask(mesh);
  await mesh.settle();
  const failed = await why(mesh, verification);
  expect(failed.title).toMatch(/fails$/);
  expect(JSON.stringify(failed.blocks)).toContain('a.yaml:3:1 a-rule');
  expect(tableOf(failed)?.at(-1)).toEqual([mesh.canary, '1.40.0', 'inconclusive: no disk']);
  expect(mesh.proved.filter(({ stage }) => stage === mesh.canary)).toHaveLength(2);

  await mesh.commit({ 'runtime.yaml': '- { name: a, layre: {} }\n' });
  mesh.cell = () => undefined;
  mesh.proved.length = 0;
  const broken = await ask(mesh);
  await mesh.settle();
  const refused = await why(mesh, broken.verification);
  expect(refused.title).toMatch(/fails$/);
  expect(JSON.stringify(refused.blocks)).toContain('runtime.yaml:1');
  expect(mesh.proved).toEqual([]);
});

test('asked twice at once it is one; asked again under the same name it is the same answer; later it is another', async () => {
  await using mesh = await world(shared);
  const named = { ...ada, request: 'envelope-1' };
  const first = await mesh.pipeline.ask({ kind: 'verify', revision: undefined }, named);
  expect(await mesh.pipeline.ask({ kind: 'verify', revision: undefined }, named)).toEqual(first);
  const second = await ask(mesh);
  expect(second.verification).toBe(first.verification);
  await mesh.settle();
  expect(mesh.proved).toHaveLength(3);
  expect((await ask(mesh)).verification).not.toBe(first.verification);
});

test('a worker that dies leaves nothing behind that another does not take up', async () => {
  await using mesh = await world(shared);
  const { verification } = await ask(mesh);
  // Whatever was enqueued is lost.
  mesh.jobs.length = 0;
  mesh.nowEpochMs += 5 * 60_000;
  await mesh.look();
  await mesh.settle();
  expect((await why(mesh, verification)).title).toMatch(/passes in every stage$/);
});

test('what cannot be begun says why, and ends inconclusive, never as a pass', async () => {
  await using mesh = await world(shared, {
    wrap: (ports) => ({
      ...ports,
      openTarget: async () => {
        throw new Error('the target is away');
      },
    }),
  });
  const { verification } = await ask(mesh);
  await expect(mesh.settle()).rejects.toThrow('the target is away');
  expect(JSON.stringify(await why(mesh, verification))).toContain('the target is away');
  mesh.nowEpochMs += 11 * 60_000;
  await mesh.settle();
  expect((await why(mesh, verification)).title).toMatch(/could not be judged$/);
});

test('a stranger, a revision from elsewhere and an unknown name are refused', async () => {
  await using mesh = await world(shared);
  expect(await ask(mesh, await mesh.stray())).toMatchObject({ findings: [{ rule: 'revision-not-reachable' }] });
  expect(await ask(mesh, 'nothing-of-that-name')).toMatchObject({ findings: [{ rule: 'unknown-revision' }] });
  expect(await why(mesh, 'verify:99999')).toMatchObject({ findings: [{ rule: 'unknown-verification' }] });
});
