import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { EnginePorts } from '../../pipeline/engine/ports.ts';
import type { PromotionId } from '../../pipeline/ids.ts';
import type { FleetView } from '../../pipeline/observe/fleet-view.ts';
import { observer } from '../../pipeline/observe/observe.ts';
import type { Held, Target } from '../../pipeline/targets/target.ts';
import { type SharedStore, sharedStore, type World, world } from '../pipeline/engine/engine-world.ts';
import { change, HARM, landed } from '../pipeline/engine/landed.ts';
import { meshYaml } from '../pipeline/engine/mesh-yaml.ts';
import { controlPlane, node } from '../pipeline/observe/fake-fleet.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

let shared: SharedStore;
beforeAll(async () => {
  shared = await sharedStore();
});
afterAll(() => shared[Symbol.asyncDispose]());

const HOUR_MS = 3_600_000;
const twoApprovals = (yaml: string): string => yaml.replace('count: 1', 'count: 2');
const ask = (mesh: World, stage = mesh.beta) =>
  mesh.as('ada')({ kind: 'promote', stage, revision: 'main', reason: '' });
const digestIn = (held: Held): string | undefined =>
  held.kind === 'delivery' ? held.delivery.manifest.digest : undefined;

/** Something happens to the target at the very moment of the next push of that direction. */
function beforePush(direction: 'forward' | 'back', strike: { happens: (() => Promise<void>) | undefined }) {
  return (ports: EnginePorts): EnginePorts => ({
    ...ports,
    openTarget: async (stage) => {
      const real = await ports.openTarget(stage);
      const push: Target['push'] = async (delivery, expected, signal) => {
        const happens = delivery.manifest.direction === direction ? strike.happens : undefined;
        if (happens) {
          strike.happens = undefined;
          await happens();
        }
        return real.push(delivery, expected, signal);
      };
      return {
        kind: real.kind,
        name: real.name,
        read: (signal) => real.read(signal),
        push,
        watch: (known, signal) => real.watch(known, signal),
        history: (limit, signal) => real.history(limit, signal),
        readAt: (version, signal) => real.readAt(version, signal),
        [Symbol.asyncDispose]: () => real[Symbol.asyncDispose](),
      };
    },
  });
}

describe('the target', () => {
  test('changed by somebody else between verify and push: not overwritten; looked at again, and refused with what is there', async () => {
    const strike: { happens: (() => Promise<void>) | undefined } = { happens: undefined };
    await using mesh = await world(shared, { wrap: beforePush('forward', strike) });
    await landed(mesh, 1);
    await change(mesh, 2);
    strike.happens = () => mesh.elsewhere(mesh.beta, 77);
    await ask(mesh);
    await mesh.settle();
    expect(await mesh.standing(`${mesh.beta}-2`)).toMatch(/^rejected: .*target-not-as-promoted/s);
    expect(mesh.pushes).toEqual([`${mesh.beta}-1 forward`]);
    const held = await (await mesh.target(mesh.beta)).read();
    expect(held.kind === 'delivery' && held.delivery.manifest.promotion).not.toMatch(/^beta/);
  });

  test('that nothing was promoted into, changed between verify and push: proved anew from what is there now, then pushed once', async () => {
    const strike: { happens: (() => Promise<void>) | undefined } = { happens: undefined };
    await using mesh = await world(shared, { wrap: beforePush('forward', strike) });
    let theirs: string | undefined;
    strike.happens = async () => {
      await mesh.elsewhere(mesh.beta, 78);
      theirs = digestIn(await (await mesh.target(mesh.beta)).read());
    };
    await ask(mesh);
    await mesh.settle();
    expect(await mesh.standing(`${mesh.beta}-1`)).toBe('promoted');
    expect(mesh.pushes).toEqual([`${mesh.beta}-1 forward`]);
    // Each Envoy version twice: from nothing, and from what somebody else put there.
    expect(mesh.proved.map(({ live }) => live?.digest)).toEqual([undefined, undefined, theirs, theirs]);
    expect((await (await mesh.target(mesh.beta)).history(10)).map(({ manifest }) => manifest?.promotion)[0]).toBe(
      `${mesh.beta}-1`,
    );
  });

  test('changed by somebody else at the rollback: left as it is, the stage is held, people decide', async () => {
    const strike: { happens: (() => Promise<void>) | undefined } = { happens: undefined };
    await using mesh = await world(shared, { wrap: beforePush('back', strike) });
    await landed(mesh, 1);
    await change(mesh, 2);
    mesh.fleet = () => HARM;
    strike.happens = () => mesh.elsewhere(mesh.beta, 79);
    await ask(mesh);
    await mesh.settle();
    expect(await mesh.standing(`${mesh.beta}-2`)).toMatch(/^errored: .*it is left as it is/);
    expect(mesh.pushes).toEqual([`${mesh.beta}-1 forward`, `${mesh.beta}-2 forward`]);
    expect((await mesh.store.read.stage(mesh.beta)).hold?.promotion).toBe(`${mesh.beta}-2`);
  });

  test('gone at the rollback: tried again until it is back; one push back, and the hold', async () => {
    await using mesh = await world(shared);
    await landed(mesh, 1);
    await change(mesh, 2);
    mesh.fleet = () => {
      mesh.away = 'push';
      return HARM;
    };
    await ask(mesh);
    await mesh.settle(8_000);
    expect((await mesh.promotion(`${mesh.beta}-2`)).state.kind).toBe('rolling-back');
    mesh.away = undefined;
    await mesh.settle(60_000);
    expect(await mesh.standing(`${mesh.beta}-2`)).toMatch(/^rolled-back/);
    expect(mesh.pushes.slice(1)).toEqual([`${mesh.beta}-2 forward`, `${mesh.beta}-2 back`]);
    expect((await mesh.store.read.stage(mesh.beta)).hold?.promotion).toBe(`${mesh.beta}-2`);
  });
});

describe('the clock', () => {
  async function atTheGates(mesh: World): Promise<PromotionId> {
    await landed(mesh, 1);
    await ask(mesh, mesh.canary);
    await mesh.settle();
    const id = `${mesh.canary}-1` as PromotionId;
    expect((await mesh.promotion(id)).state.kind).toBe('gating');
    return id;
  }
  const approve = (mesh: World, id: PromotionId) =>
    mesh.as('bo')({ kind: 'approve', promotion: id, binding: undefined, reason: '' });

  test('jumps back: the log stays in order, nothing opens early, and what waits goes on', async () => {
    await using mesh = await world(shared);
    const id = await atTheGates(mesh);
    const was = mesh.nowEpochMs;
    mesh.nowEpochMs = was - 2 * HOUR_MS;
    expect(await approve(mesh, id)).toMatchObject({ kind: 'done' });
    await mesh.settle();
    mesh.nowEpochMs = was + 1;
    await mesh.settle();
    expect(await mesh.standing(id)).toBe('promoted');
    const rows = await mesh.store.read.audit(1, 10_000);
    expect(rows.every(({ atEpochMs }, index) => atEpochMs >= (rows[index - 1]?.atEpochMs ?? 0))).toBe(true);
  });

  test('jumps forward past the life of an approval: it counts no more, and nothing is pushed with it', async () => {
    await using mesh = await world(shared, {
      mesh: (beta, canary) => twoApprovals(meshYaml(beta, canary)),
    });
    const id = await atTheGates(mesh);
    expect(await approve(mesh, id)).toMatchObject({ kind: 'done' });
    mesh.nowEpochMs += 25 * HOUR_MS;
    expect(await mesh.as('cyd')({ kind: 'approve', promotion: id, binding: undefined, reason: '' })).toMatchObject({
      kind: 'done',
    });
    await mesh.settle();
    expect((await mesh.promotion(id)).state.kind).toBe('gating');
    expect(mesh.pushes).toEqual([`${mesh.beta}-1 forward`]);
    expect(await approve(mesh, id)).toMatchObject({ kind: 'done' });
    await mesh.settle();
    expect(await mesh.standing(id)).toBe('promoted');
  });

  test('jumps around a soak: it opens when its time has passed by the clock that counts, and a jump back never opens it', async () => {
    await using mesh = await world(shared, {
      mesh: (beta, canary) => meshYaml(beta, canary).replace('gates: { approvals', 'gates: { soak: 1h, approvals'),
    });
    const id = await atTheGates(mesh);
    expect(await approve(mesh, id)).toMatchObject({ kind: 'done' });
    const was = mesh.nowEpochMs;
    mesh.nowEpochMs = was - HOUR_MS;
    await mesh.settle();
    expect((await mesh.promotion(id)).state.kind).toBe('gating');
    mesh.nowEpochMs = was + 2 * HOUR_MS;
    await mesh.settle();
    expect(await mesh.standing(id)).toBe('promoted');
  });

  test('jumps forward past the time to confirm a broken glass: it is undone; a jump back before gives nobody more rights', async () => {
    await using mesh = await world(shared);
    await landed(mesh, 1);
    await ask(mesh, mesh.canary);
    await mesh.settle();
    const first = `${mesh.canary}-1` as PromotionId;
    await approve(mesh, first);
    await mesh.settle();
    await landed(mesh, 2);
    await ask(mesh, mesh.canary);
    await mesh.settle();
    const id = `${mesh.canary}-2` as PromotionId;
    const glass = {
      kind: 'break-glass',
      promotion: id,
      gates: ['approvals'],
      reason: 'fire',
      typedStage: mesh.canary,
    } as const;
    expect(await mesh.as('ada')(glass)).toMatchObject({ kind: 'done' });
    await mesh.settle();
    expect((await mesh.promotion(id)).state.kind).toBe('unconfirmed');
    const was = mesh.nowEpochMs;
    mesh.nowEpochMs = was - 3 * HOUR_MS;
    expect(await mesh.as('ada')({ kind: 'confirm', promotion: id })).toMatchObject({ kind: 'refused' });
    mesh.nowEpochMs = was;
    await mesh.settle(48 * HOUR_MS);
    expect(await mesh.standing(id)).toMatch(/^rolled-back/);
    expect(mesh.pushes.filter((push) => push.startsWith(id))).toEqual([`${id} forward`, `${id} back`]);
  });
});

test('half of the fleet gone while it is watched: inconclusive, never a pass; nothing moves until a person decides', async () => {
  const fleets = { nodes: [] as Awaited<ReturnType<FleetView['nodes']>> };
  const fleet: FleetView = {
    nodes: async () => fleets.nodes,
    controlPlanes: async () => [controlPlane({ servedDigest: fleets.nodes[0]?.servedDigest })],
    traffic: async () => [],
  };
  const watch = observer({ fleet });
  await using mesh = await world(shared, {
    wrap: (ports) => ({
      ...ports,
      async observe(request) {
        const { state } = request.promotion;
        if (state.kind !== 'observing' || request.promotion.id.endsWith('-1')) return ports.observe(request);
        const at = state.delivered.atEpochMs;
        const of = { servedDigest: state.plan.digest, connectedSinceEpochMs: at - 1_000, stateSinceEpochMs: at + 1 };
        fleets.nodes = ['a', 'b', 'c', 'd'].map((name, index) =>
          node(name, { ...of, ...(index % 2 === 0 ? {} : { state: 'gone' }) }),
        );
        return watch(request);
      },
    }),
  });
  await landed(mesh, 1);
  await change(mesh, 2);
  await ask(mesh);
  await mesh.settle(30 * 60_000);
  const id = `${mesh.beta}-2` as PromotionId;
  expect(await mesh.standing(id)).toMatch(/^undecided: .*fleet-left.*2 of 4 Envoys went away/s);
  expect(mesh.pushes).toEqual([`${mesh.beta}-1 forward`, `${id} forward`]);
  expect((await mesh.store.read.stage(mesh.beta)).live?.promotion).toBe(`${mesh.beta}-1`);
  await mesh.as('bo')({ kind: 'reject', promotion: id, reason: 'half of it is dark' });
  await mesh.settle();
  expect(await mesh.standing(id)).toMatch(/^rolled-back: half of it is dark/);
});
