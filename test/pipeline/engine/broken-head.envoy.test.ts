import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Query } from '../../../pipeline/commands/command.ts';
import type { PromotionId } from '../../../pipeline/ids.ts';
import { type SharedStore, sharedStore, type World, world } from './engine-world.ts';
import { meshYaml } from './mesh-yaml.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let shared: SharedStore;
beforeAll(async () => {
  shared = await sharedStore();
});
afterAll(() => shared[Symbol.asyncDispose]());

const ask = (mesh: World, login: string, query: Query) =>
  mesh.pipeline.ask(query, { via: 'cli', identity: `unix:${login}` });
const STATUS: Query = { kind: 'status' };
const breakHead = (mesh: World) => mesh.commit({ 'mesh.yaml': 'stages: [ { nmae: beta } ]\n' });

async function landed(mesh: World): Promise<PromotionId> {
  const { promotion } = await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
  await mesh.settle();
  return promotion as PromotionId;
}

test('with a mesh.yaml that cannot be read at the head, what stops and what asks still works', async () => {
  await using mesh = await world(shared);
  const id = await landed(mesh);
  await breakHead(mesh);
  await mesh.commit({ 'note.md': 'still broken\n' });
  const does = mesh.as('ada');
  expect(await does({ kind: 'stop', reason: 'fire' })).toMatchObject({ kind: 'done' });
  expect((await mesh.store.read.line()).stopped).toMatchObject({ by: 'ada' });
  expect(await does({ kind: 'resume', reason: 'out' })).toMatchObject({ kind: 'done' });
  expect(await does({ kind: 'freeze', stage: undefined, reason: 'holidays' })).toMatchObject({ kind: 'done' });
  for (const name of [mesh.beta, mesh.canary])
    expect((await mesh.store.read.stage(name)).freeze).toMatchObject({ by: 'ada' });
  expect(await does({ kind: 'unfreeze', stage: undefined, reason: '' })).toMatchObject({ kind: 'done' });
  const status = await ask(mesh, 'ada', STATUS);
  expect(status.kind).toBe('shown');
  // What stands in for the head, and why.
  expect(JSON.stringify(status.blocks)).toMatch(/mesh\.yaml at the head of branch main .* has errors: mesh\.yaml:1:/);
  expect(JSON.stringify(status.blocks)).toContain(mesh.canary);
  const questions: readonly Query[] = [
    { kind: 'why', promotion: id },
    { kind: 'why', promotion: undefined },
    { kind: 'history', stage: undefined },
    { kind: 'history', stage: mesh.canary },
    { kind: 'plan', stage: mesh.beta, revision: 'HEAD~2' },
    { kind: 'verify', revision: 'HEAD~2' },
  ];
  for (const query of questions) expect([query, (await ask(mesh, 'ada', query)).kind]).toEqual([query, 'shown']);
  expect(await does({ kind: 'rollback', stage: mesh.beta, digest: undefined, reason: 'a fire' })).toMatchObject({
    findings: [{ rule: 'nothing-to-roll-back-to' }],
  });
});

test('who somebody is and what they may is judged all the same, by what could be read last', async () => {
  await using mesh = await world(shared);
  await landed(mesh);
  // Not live, but of the protected branch: eve is nobody since then.
  await mesh.commit({ 'mesh.yaml': meshYaml(mesh.beta, mesh.canary).replace(/^.*eve.*$/gm, '') });
  await breakHead(mesh);
  expect(await ask(mesh, 'eve', STATUS)).toMatchObject({ findings: [{ rule: 'unknown-caller' }] });
  expect(await ask(mesh, 'mallory', STATUS)).toMatchObject({ findings: [{ rule: 'unknown-caller' }] });
  expect(await mesh.as('eve')({ kind: 'stop', reason: 'fun' })).toMatchObject({ kind: 'refused' });
  expect(await mesh.as('mallory')({ kind: 'freeze', stage: undefined, reason: 'fun' })).toMatchObject({
    kind: 'refused',
  });
  expect((await mesh.store.read.line()).stopped).toBeUndefined();
});

test('a head that cannot be read is never promoted, starts nothing, and hides no drift', async () => {
  await using mesh = await world(shared, {
    mesh: (beta, canary) =>
      meshYaml(beta, canary).replace(
        '    node: { cluster: small-beta }',
        '    node: { cluster: small-beta }\n    gates: { auto: true }',
      ),
  });
  const id = await landed(mesh);
  await breakHead(mesh);
  mesh.jobs.length = 0;
  await mesh.look();
  expect(await mesh.store.read.openPromotions(mesh.beta)).toEqual([]);
  expect(mesh.jobs.map(({ job }) => job)).toContainEqual({ kind: 'look-for-drift', stage: mesh.beta });
  const { promotion } = await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
  await mesh.settle();
  expect(await mesh.standing(promotion ?? '')).toMatch(/^rejected: it cannot be planned: mesh\.yaml:1:/);
  expect((await mesh.store.read.stage(mesh.beta)).live?.promotion).toBe(id);
});

test('nothing that could ever be read: nobody may anything', async () => {
  await using mesh = await world(shared, { mesh: () => 'stages: 7\n' });
  expect(await mesh.as('ada')({ kind: 'stop', reason: 'fire' })).toMatchObject({
    kind: 'refused',
    findings: [{ rule: 'policy-unknown' }],
  });
  expect(await ask(mesh, 'ada', STATUS)).toMatchObject({ findings: [{ rule: 'policy-unknown' }] });
});

test('the server of the repository away: what is known of it here is enough to stop, and for nothing to be promoted', async () => {
  let isAway = false;
  await using mesh = await world(shared, {
    wrap: (ports) => ({
      ...ports,
      source: {
        ...ports.source,
        async head(signal) {
          if (isAway) throw new Error('git fetch: no route to host');
          return ports.source.head(signal);
        },
      },
    }),
  });
  await landed(mesh);
  isAway = true;
  expect(await mesh.as('ada')({ kind: 'stop', reason: 'fire' })).toMatchObject({ kind: 'done' });
  expect(JSON.stringify(await ask(mesh, 'ada', STATUS))).toContain('no route to host');
  expect(await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' })).toMatchObject({
    findings: [{ rule: 'could-not-tell' }],
  });
  await mesh.as('ada')({ kind: 'resume', reason: '' });
  expect((await mesh.store.read.line()).stopped).toBeUndefined();
});

test('a stage whose policy is gone from the repository keeps nobody from stopping who may do so elsewhere', async () => {
  await using mesh = await world(shared);
  await landed(mesh);
  const { live } = await mesh.store.read.stage(mesh.beta);
  const { config } = mesh.ports.revisions;
  Object.assign(mesh.ports.revisions, {
    config: async (...args: Parameters<typeof config>) => {
      if (args[0] === live?.revision) throw new Error('git archive: not a tree');
      return config.apply(mesh.ports.revisions, args);
    },
  });
  await mesh.commit({ 'note.md': 'rewritten\n' });
  expect(await mesh.as('ada')({ kind: 'stop', reason: 'fire' })).toMatchObject({ kind: 'done' });
  expect(await mesh.as('eve')({ kind: 'stop', reason: 'fun' })).toMatchObject({ kind: 'refused' });
  // To let everything move again, every stage's policy has to say so.
  expect(await mesh.as('ada')({ kind: 'resume', reason: '' })).toMatchObject({ kind: 'refused' });
});
