import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { PromotionId } from '../../../pipeline/ids.ts';
import { bindingOf } from '../../../pipeline/promotion/approval.ts';
import { type SharedStore, sharedStore, type World, world } from './engine-world.ts';
import { change, HARM, landed, NOTHING } from './landed.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let shared: SharedStore;
beforeAll(async () => {
  shared = await sharedStore();
});
afterAll(() => shared[Symbol.asyncDispose]());

const idOf = (name: string): PromotionId => name as PromotionId;

describe('what is refused', () => {
  test('a revision that is not on the protected branch, by command and by plan', async () => {
    await using mesh = await world(shared);
    await landed(mesh, 1);
    const main = await mesh.ports.source.head();
    const stray = await mesh.stray();
    const answer = await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: stray, reason: '' });
    expect(answer).toMatchObject({ kind: 'refused', findings: [{ rule: 'revision-not-reachable' }] });
    expect(await mesh.ports.source.head()).toBe(main);
  });

  test('what the static guards refuse, with every finding', async () => {
    await using mesh = await world(shared);
    await mesh.commit({ 'runtime.yaml': '- { name: a, layre: {} }\n- { name: b, layre: {} }\n' });
    await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
    await mesh.settle();
    const { state } = await mesh.promotion(`${mesh.beta}-1`);
    expect(state).toMatchObject({ kind: 'rejected' });
    expect(state.kind === 'rejected' && state.findings.map(({ at }) => `${at.file}:${at.line}`)).toEqual([
      'runtime.yaml:1',
      'runtime.yaml:2',
    ]);
    expect(mesh.proved).toEqual([]);
  });

  test('what a cell fails is rejected, and nothing is pushed', async () => {
    await using mesh = await world(shared);
    mesh.cell = ({ envoy }) => (envoy === '1.36.4' ? { verdict: 'fail' } : undefined);
    await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
    await mesh.settle();
    expect(await mesh.standing(`${mesh.beta}-1`)).toMatch(/^rejected: closed: verdict/);
    expect(mesh.pushes).toEqual([]);
  });

  test('the same revision again; a stranger; a person without the role; each is in the audit log', async () => {
    await using mesh = await world(shared);
    await landed(mesh, 1);
    const again = { kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' } as const;
    expect(await mesh.as('ada')(again)).toMatchObject({ kind: 'refused', findings: [{ rule: 'already-live' }] });
    expect(await mesh.as('mallory')(again)).toMatchObject({ kind: 'refused', findings: [{ rule: 'access-role' }] });
    expect(await mesh.as('eve')(again)).toMatchObject({ kind: 'refused', findings: [{ rule: 'access-role' }] });
    const log = await mesh.store.read.audit(1, 10_000);
    const refusals = log.filter(({ subject }) => subject.kind === 'refusal' && subject.stage === mesh.beta);
    expect(refusals).toHaveLength(3);
  });

  test('a target that somebody else wrote to', async () => {
    await using mesh = await world(shared);
    const first = await landed(mesh, 1);
    await mesh.tamper(mesh.beta);
    await change(mesh, 2);
    await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
    await mesh.settle();
    expect(await mesh.standing(`${mesh.beta}-2`)).toContain('target-not-as-promoted');
    const back = await mesh.as('ada')({ kind: 'reconcile', stage: mesh.beta, reason: '' });
    expect(back).toMatchObject({ kind: 'done' });
    await mesh.settle();
    expect(await (await mesh.target(mesh.beta)).read()).toMatchObject({ delivery: { manifest: { digest: first } } });
    expect((await mesh.store.read.stage(mesh.beta)).hold).toBeUndefined();
  });
});

describe('approvals', () => {
  async function atTheGates(mesh: World): Promise<PromotionId> {
    await landed(mesh, 1);
    await mesh.as('ada')({ kind: 'promote', stage: mesh.canary, revision: undefined, reason: '' });
    await mesh.settle();
    const id = idOf(`${mesh.canary}-1`);
    expect((await mesh.promotion(id)).state.kind).toBe('gating');
    return id;
  }

  test('one of somebody else is needed, given twice it counts once, and it is pushed then', async () => {
    await using mesh = await world(shared);
    const promotion = await atTheGates(mesh);
    const approve = { kind: 'approve', promotion, binding: undefined, reason: '' } as const;
    expect(await mesh.as('ada')(approve)).toMatchObject({ findings: [{ rule: 'approve-own-request' }] });
    expect(await mesh.as('eve')(approve)).toMatchObject({ kind: 'refused' });
    expect(mesh.pushes).toHaveLength(1);
    const [one, two] = await Promise.all([mesh.as('bo')(approve), mesh.as('bo')(approve)]);
    expect([one.kind, two.kind]).toEqual(['done', 'done']);
    expect([one.title, two.title].filter((title) => title.includes('already'))).toHaveLength(1);
    await mesh.settle();
    expect(await mesh.standing(promotion)).toBe('promoted');
    expect(mesh.pushes.at(-1)).toBe(`${promotion} forward`);
    expect(await mesh.as('bo')(approve)).toMatchObject({
      kind: 'done',
      title: expect.stringContaining('promoted already') as string,
    });
  });

  test('nobody approves what they wrote', async () => {
    await using mesh = await world(shared);
    await change(mesh, 7, 'bo');
    await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
    await mesh.settle();
    await mesh.as('ada')({ kind: 'promote', stage: mesh.canary, revision: undefined, reason: '' });
    await mesh.settle();
    const promotion = idOf(`${mesh.canary}-1`);
    const answer = await mesh.as('bo')({ kind: 'approve', promotion, binding: undefined, reason: '' });
    expect(answer).toMatchObject({ kind: 'refused', findings: [{ rule: 'approve-own-change' }] });
  });

  test('a binding that is no longer today’s is refused, and told what has changed', async () => {
    await using mesh = await world(shared);
    const promotion = await atTheGates(mesh);
    const { state } = await mesh.promotion(promotion);
    if (state.kind !== 'gating') throw new Error(state.kind);
    const binding = bindingOf(state.plan, state.verdict);
    // Somebody pushes past Meshgate: there was nothing, so the target is taken as it is found.
    await mesh.elsewhere(mesh.canary, 99);
    await mesh.settle(10 * 60_000);
    const answer = await mesh.as('bo')({ kind: 'approve', promotion, binding, reason: '' });
    expect(answer).toMatchObject({ kind: 'refused', findings: [{ rule: 'changed-since' }] });
    expect(answer.title).toMatch(/live was nothing and is/);
  });
});

describe('after the push', () => {
  test('harm is rolled back by itself, and the stage is held until somebody releases it', async () => {
    await using mesh = await world(shared);
    const good = await landed(mesh, 1);
    mesh.fleet = () => HARM;
    await change(mesh, 2);
    await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
    await mesh.settle();
    const id = `${mesh.beta}-2`;
    expect(await mesh.standing(id)).toMatch(/^rolled-back: the fleet got worse/);
    expect(mesh.pushes.slice(-2)).toEqual([`${id} forward`, `${id} back`]);
    expect(await (await mesh.target(mesh.beta)).read()).toMatchObject({
      delivery: { manifest: { digest: good, direction: 'back' } },
    });
    const { hold, live } = await mesh.store.read.stage(mesh.beta);
    expect(hold).toMatchObject({ promotion: id });
    expect(live?.digest).toBe(good);

    mesh.fleet = () => undefined;
    await change(mesh, 3);
    await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
    await mesh.settle();
    expect((await mesh.promotion(`${mesh.beta}-3`)).state.kind).toBe('gating');
    await mesh.as('bo')({ kind: 'release', stage: mesh.beta, reason: 'fixed' });
    await mesh.settle();
    expect(await mesh.standing(`${mesh.beta}-3`)).toBe('promoted');
  });

  test('what nobody could tell is for people: one takes it, one takes it back', async () => {
    await using mesh = await world(shared);
    const good = await landed(mesh, 1);
    mesh.fleet = () => NOTHING;
    await change(mesh, 2);
    await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
    await mesh.settle();
    const second = idOf(`${mesh.beta}-2`);
    expect((await mesh.promotion(second)).state.kind).toBe('undecided');
    expect(await mesh.as('bo')({ kind: 'approve', promotion: second, binding: undefined, reason: '' })).toMatchObject({
      kind: 'done',
    });
    await mesh.settle();
    expect(await mesh.standing(second)).toBe('promoted');
    await change(mesh, 3);
    await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
    await mesh.settle();
    const third = idOf(`${mesh.beta}-3`);
    await mesh.as('bo')({ kind: 'reject', promotion: third, reason: 'too slow' });
    await mesh.settle();
    expect(await mesh.standing(third)).toMatch(/^rolled-back: too slow/);
    expect((await mesh.store.read.stage(mesh.beta)).live?.digest).not.toBe(good);
  });

  test('a rollback of what landed goes at once, past a freeze and a stop, and holds the stage', async () => {
    await using mesh = await world(shared);
    const first = await landed(mesh, 1);
    await landed(mesh, 2);
    await mesh.as('ada')({ kind: 'freeze', stage: mesh.beta, reason: 'sale' });
    await mesh.as('ada')({ kind: 'stop', reason: 'fire' });
    const proved = mesh.proved.length;
    const answer = await mesh.as('ada')({ kind: 'rollback', stage: mesh.beta, digest: undefined, reason: '5xx' });
    expect(answer).toMatchObject({ kind: 'done', promotion: `${mesh.beta}-3` });
    await mesh.settle();
    expect(await mesh.standing(`${mesh.beta}-3`)).toBe('promoted');
    expect(mesh.proved).toHaveLength(proved);
    const { live, past, hold } = await mesh.store.read.stage(mesh.beta);
    expect([live?.digest, past.length]).toEqual([first, 0]);
    expect(hold?.reason).toContain('5xx');
    expect(await mesh.as('ada')({ kind: 'resume', reason: '' })).toMatchObject({ kind: 'done' });
  });

  test('a first delivery that hurts has nothing to go back to: people are asked', async () => {
    await using mesh = await world(shared);
    mesh.fleet = () => HARM;
    await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
    await mesh.settle();
    expect(await mesh.standing(`${mesh.beta}-1`)).toMatch(/^undecided: .*a NACK/);
    expect(mesh.pushes).toEqual([`${mesh.beta}-1 forward`]);
    // What `why` offers can be done, and what cannot is refused, and says what can.
    const first = idOf(`${mesh.beta}-1`);
    const why = await mesh.pipeline.ask({ kind: 'why', promotion: first }, { via: 'cli', identity: 'unix:ada' });
    const said = JSON.stringify(why.blocks);
    expect(said).not.toContain('rollback');
    expect(said).toContain(`reject ${first}`);
    expect(said).toContain('it is left as it is, since nothing was delivered before it, and the stage is held');
    const back = { kind: 'rollback', stage: mesh.beta, digest: undefined, reason: '5xx' } as const;
    expect(await mesh.as('ada')(back)).toMatchObject({
      findings: [{ rule: 'nothing-to-roll-back-to', want: expect.stringContaining(`reject ${first}`) as string }],
    });
    expect((await mesh.promotion(first)).state.kind).toBe('undecided');
    expect(await mesh.as('bo')({ kind: 'reject', promotion: first, reason: '5xx' })).toMatchObject({ kind: 'done' });
    expect((await mesh.store.read.stage(mesh.beta)).hold).toMatchObject({ promotion: first });
    mesh.fleet = () => undefined;
    await change(mesh, 9);
    await mesh.as('ada')({ kind: 'release', stage: mesh.beta, reason: 'mended' });
    await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
    await mesh.settle();
    expect(await mesh.standing(`${mesh.beta}-2`)).toBe('promoted');
  });
});
