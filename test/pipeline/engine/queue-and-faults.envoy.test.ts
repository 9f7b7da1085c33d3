import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { PromotionId } from '../../../pipeline/ids.ts';
import type { Observation } from '../../../pipeline/observe/observation.ts';
import { type SharedStore, sharedStore, world } from './engine-world.ts';
import { change, HARM, landed } from './landed.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let shared: SharedStore;
beforeAll(async () => {
  shared = await sharedStore();
});
afterAll(() => shared[Symbol.asyncDispose]());

const idOf = (name: string): PromotionId => name as PromotionId;

describe('the queue', () => {
  test('a newer request replaces a waiting one, and waits behind one that was pushed', async () => {
    await using mesh = await world(shared);
    await change(mesh, 1);
    const ask = () => mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
    await ask();
    expect((await ask()).title).toContain('on its way already');
    await change(mesh, 2);
    await ask();
    expect((await mesh.promotion(`${mesh.beta}-1`)).state).toMatchObject({ kind: 'superseded', by: `${mesh.beta}-2` });
    const watching: Observation = {
      kind: 'watching',
      progress: '1/2 Envoys ACKed',
      againAtEpochMs: mesh.nowEpochMs + 60_000,
    };
    mesh.fleet = () => watching;
    await mesh.settle();
    expect((await mesh.promotion(`${mesh.beta}-2`)).state.kind).toBe('observing');
    await change(mesh, 3);
    await ask();
    await change(mesh, 4);
    await ask();
    expect((await mesh.promotion(`${mesh.beta}-3`)).state.kind).toBe('superseded');
    expect((await mesh.promotion(`${mesh.beta}-4`)).state).toMatchObject({ kind: 'queued', behind: `${mesh.beta}-2` });
    mesh.fleet = () => undefined;
    await mesh.settle(61_000);
    expect(await mesh.standing(`${mesh.beta}-2`)).toBe('promoted');
    expect(await mesh.standing(`${mesh.beta}-4`)).toBe('promoted');
  });

  test('cancel and cancel again', async () => {
    await using mesh = await world(shared);
    await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
    const cancel = { kind: 'cancel', promotion: idOf(`${mesh.beta}-1`), reason: '' } as const;
    expect((await mesh.as('ada')(cancel)).title).toContain('ada cancelled');
    expect(await mesh.as('ada')(cancel)).toMatchObject({
      kind: 'done',
      title: expect.stringContaining('already') as string,
    });
    await mesh.settle();
    expect(mesh.pushes).toEqual([]);
  });
});

describe('what cannot be told', () => {
  test('a cell that nobody can tell by is run again once; then the promotion errs, and retry verifies anew', async () => {
    await using mesh = await world(shared);
    mesh.cell = ({ envoy }) => (envoy === '1.40.0' ? { verdict: 'inconclusive', message: 'no Envoy' } : undefined);
    await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
    await mesh.settle();
    expect(await mesh.standing(`${mesh.beta}-1`)).toMatch(
      /^errored: the matrix could not tell, twice: Envoy 1.40.0: no Envoy/,
    );
    expect(mesh.proved.map(({ envoy }) => envoy)).toEqual(['1.36.4', '1.40.0', '1.40.0']);
    mesh.cell = () => undefined;
    await mesh.as('ada')({ kind: 'retry', promotion: idOf(`${mesh.beta}-1`) });
    await mesh.settle();
    expect(await mesh.standing(`${mesh.beta}-1`)).toBe('promoted');
    // What passed the first time was not run again.
    expect(mesh.proved.map(({ envoy }) => envoy)).toEqual(['1.36.4', '1.40.0', '1.40.0', '1.40.0']);
  });

  test('a target that is away is tried again for a while; then the stage is held, as nobody knows', async () => {
    await using mesh = await world(shared);
    await landed(mesh, 1);
    await change(mesh, 2);
    mesh.away = 'push';
    await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
    await mesh.settle(10_000);
    expect((await mesh.promotion(`${mesh.beta}-2`)).state.kind).toBe('pushing');
    mesh.away = undefined;
    await mesh.settle(60_000);
    expect(await mesh.standing(`${mesh.beta}-2`)).toBe('promoted');
    await change(mesh, 3);
    mesh.away = 'push';
    await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
    await mesh.settle(10 * 60_000);
    expect(await mesh.standing(`${mesh.beta}-3`)).toMatch(/^errored: .*away/);
    expect((await mesh.store.read.stage(mesh.beta)).hold?.promotion).toBe(`${mesh.beta}-3`);
  });
});

describe('by itself', () => {
  const auto = (beta: string, canary: string, yaml: (beta: string, canary: string) => string): string =>
    yaml(beta, canary)
      .replaceAll('    target:', '    gates: { auto: true }\n    target:')
      .replace(/ {4}gates: \{ approvals.*\n/, '');

  test('a new head goes through all stages, and what was rolled back does not go out again', async () => {
    const { meshYaml } = await import('./mesh-yaml.ts');
    await using mesh = await world(shared, { mesh: (beta, canary) => auto(beta, canary, meshYaml) });
    await mesh.look();
    await mesh.settle();
    expect(await mesh.standing(`${mesh.beta}-1`)).toBe('promoted');
    await mesh.look();
    await mesh.settle();
    expect(await mesh.standing(`${mesh.canary}-1`)).toBe('promoted');
    mesh.fleet = () => HARM;
    await change(mesh, 5);
    await mesh.look();
    await mesh.settle();
    expect(await mesh.standing(`${mesh.beta}-2`)).toMatch(/^rolled-back/);
    mesh.fleet = () => undefined;
    await mesh.as('ada')({ kind: 'release', stage: mesh.beta, reason: '' });
    await mesh.look();
    await mesh.settle();
    expect(await mesh.store.read.promotion(idOf(`${mesh.beta}-3`))).toBeUndefined();
  });
});

describe('a broken glass', () => {
  test('skips the gates that it names, and is undone when no second person confirms', async () => {
    await using mesh = await world(shared);
    await landed(mesh, 1);
    await mesh.as('ada')({ kind: 'promote', stage: mesh.canary, revision: undefined, reason: '' });
    await mesh.settle();
    const promotion = idOf(`${mesh.canary}-1`);
    const glass = {
      kind: 'break-glass',
      promotion,
      gates: ['approvals'],
      reason: 'fire',
      typedStage: mesh.canary,
    } as const;
    expect(await mesh.as('eve')(glass)).toMatchObject({ kind: 'refused' });
    expect(await mesh.as('ada')({ ...glass, typedStage: 'beta' })).toMatchObject({
      findings: [{ rule: 'glass-stage' }],
    });
    expect(await mesh.as('ada')(glass)).toMatchObject({ kind: 'done' });
    await mesh.settle();
    expect((await mesh.promotion(promotion)).state.kind).toBe('unconfirmed');
    const confirm = { kind: 'confirm', promotion } as const;
    expect(await mesh.as('ada')(confirm)).toMatchObject({ findings: [{ rule: 'confirm-own-glass' }] });
    expect(await mesh.as('bo')(confirm)).toMatchObject({ kind: 'done' });
    await mesh.settle();
    expect(await mesh.standing(promotion)).toBe('promoted');

    await landed(mesh, 2);
    await mesh.as('ada')({ kind: 'promote', stage: mesh.canary, revision: undefined, reason: '' });
    await mesh.settle();
    const second = idOf(`${mesh.canary}-2`);
    await mesh.as('ada')({ ...glass, promotion: second });
    await mesh.settle(2 * 3_600_000);
    expect(await mesh.standing(second)).toMatch(/^rolled-back: nobody confirmed/);
  });
});
