import { expect } from 'vitest';
import type { EnginePorts } from '../../../pipeline/engine/ports.ts';
import type { Target } from '../../../pipeline/targets/target.ts';
import { type SharedStore, type World, world } from './engine-world.ts';

/** A process that dies at its n-th call to anything outside, before or after that call was done, and answers nothing any more. */
class Mortal {
  calls = 0;
  isDead = false;
  dieAt = Number.POSITIVE_INFINITY;
  after = false;
  stop = new AbortController();
  /** Is told of each call. */
  onCall: ((name: string) => Promise<void>) | undefined;

  async call<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.isDead) throw new Error('dead');
    this.calls += 1;
    await this.onCall?.(name);
    if (this.calls !== this.dieAt) return work();
    if (this.after) await work();
    this.isDead = true;
    this.stop.abort(new Error('killed'));
    throw new Error('killed');
  }
  revive(): void {
    this.isDead = false;
    this.dieAt = Number.POSITIVE_INFINITY;
    this.stop = new AbortController();
  }
  ports(ports: EnginePorts): EnginePorts {
    const { store } = ports;
    const target = (real: Target): Target => ({
      kind: real.kind,
      name: real.name,
      read: (signal) => this.call('read', () => real.read(signal)),
      push: (delivery, expected, signal) => this.call('push', () => real.push(delivery, expected, signal)),
      watch: (known, signal) => real.watch(known, signal),
      history: (limit, signal) => real.history(limit, signal),
      readAt: (version, signal) => this.call('readAt', () => real.readAt(version, signal)),
      [Symbol.asyncDispose]: () => real[Symbol.asyncDispose](),
    });
    return {
      ...ports,
      store: {
        kind: store.kind,
        read: store.read,
        sql: (text, params) => this.call(text, () => store.sql(text, params)),
        transact: (work) => this.call('transact', () => store.transact(work)),
        [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
      },
      openTarget: async (stage) => target(await ports.openTarget(stage)),
      prove: (request, signal) => this.call('prove', () => ports.prove(request, signal)),
      observe: (request) => this.call('observe', () => ports.observe(request)),
    };
  }
}

/** Calls that leave something behind: between two of them a death is the same death. */
const WRITE = /^(transact|push|insert into|update|delete from)\b/;

export type Write = {
  /** What it is, and what the promotion was at then: `transact while verifying`. */
  readonly kind: string;
  /** From 1, among all calls. */
  readonly call: number;
};

/** The writes of a promotion that nobody kills, in their order. */
export async function writesOf(shared: SharedStore): Promise<readonly Write[]> {
  const mortal = new Mortal();
  await using mesh = await begun(shared, mortal);
  const writes: Write[] = [];
  mortal.onCall = async (name) => {
    const words = name.trim().replaceAll(/\s+/g, ' ').toLowerCase();
    if (!WRITE.test(words)) return;
    const { state } = await mesh.promotion(`${mesh.beta}-1`);
    writes.push({ kind: `${words.split(' ').slice(0, 3).join(' ')} while ${state.kind}`, call: mortal.calls });
  };
  await mesh.settle();
  return writes;
}

/** Kills at that call. Resolves with whether it came to that; the promotion must have ended with one push and the same end. */
export async function dieAt(shared: SharedStore, call: number, after: boolean): Promise<boolean> {
  const mortal = new Mortal();
  await using mesh = await begun(shared, mortal);
  Object.assign(mortal, { dieAt: call, after });
  await mesh.settle(0, mortal.stop.signal).catch((fault: unknown) => {
    if (!mortal.isDead) throw fault;
  });
  const hasDied = mortal.isDead;
  mortal.revive();
  // What its worker had is given to another after the lease; what had no job is found by the sweep.
  await mesh.recover();
  const id = `${mesh.beta}-1`;
  expect([call, await mesh.standing(id)]).toEqual([call, 'promoted']);
  expect([call, mesh.pushes]).toEqual([call, [`${id} forward`]]);
  const { live } = await mesh.store.read.stage(mesh.beta);
  expect(live?.promotion).toBe(id);
  return hasDied;
}

async function begun(shared: SharedStore, mortal: Mortal): Promise<World> {
  const mesh = await world(shared, { wrap: (ports) => mortal.ports(ports) });
  await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
  mortal.calls = 0;
  return mesh;
}
