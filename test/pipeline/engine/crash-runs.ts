import { expect } from 'vitest';
import type { EnginePorts } from '../../../pipeline/engine/ports.ts';
import type { Target } from '../../../pipeline/targets/target.ts';
import { type SharedStore, world } from './engine-world.ts';

/** A process that dies at its n-th call to anything outside, before or after that call was done, and answers nothing any more. */
class Mortal {
  calls = 0;
  isDead = false;
  dieAt = Number.POSITIVE_INFINITY;
  after = false;
  stop = new AbortController();

  async call<T>(work: () => Promise<T>): Promise<T> {
    if (this.isDead) throw new Error('dead');
    this.calls += 1;
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
      read: (signal) => this.call(() => real.read(signal)),
      push: (delivery, expected, signal) => this.call(() => real.push(delivery, expected, signal)),
      watch: (known, signal) => real.watch(known, signal),
      history: (limit, signal) => real.history(limit, signal),
      readAt: (version, signal) => this.call(() => real.readAt(version, signal)),
      [Symbol.asyncDispose]: () => real[Symbol.asyncDispose](),
    });
    return {
      ...ports,
      store: {
        kind: store.kind,
        read: store.read,
        sql: (text, params) => this.call(() => store.sql(text, params)),
        transact: (work) => this.call(() => store.transact(work)),
        [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
      },
      openTarget: async (stage) => target(await ports.openTarget(stage)),
      prove: (request, signal) => this.call(() => ports.prove(request, signal)),
      observe: (request) => this.call(() => ports.observe(request)),
    };
  }
}

/**
 * Kills at every `stride`-th call from `first` on, until one run needs no more calls. Resolves with how many died; each must have ended
 * with one push and the same end.
 */
export async function dieAtEach(shared: SharedStore, first: number, stride: number, after: boolean): Promise<number> {
  let deaths = 0;
  for (let dieAt = first; ; dieAt += stride) {
    const mortal = new Mortal();
    await using mesh = await world(shared, { wrap: (ports) => mortal.ports(ports) });
    await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: '' });
    Object.assign(mortal, { calls: 0, dieAt, after });
    await mesh.settle(0, mortal.stop.signal).catch((fault: unknown) => {
      if (!mortal.isDead) throw fault;
    });
    const hasDied = mortal.isDead;
    mortal.revive();
    // What its worker had is given to another after the lease; what had no job is found by the sweep.
    await mesh.recover();
    const id = `${mesh.beta}-1`;
    expect([dieAt, await mesh.standing(id)]).toEqual([dieAt, 'promoted']);
    expect([dieAt, mesh.pushes]).toEqual([dieAt, [`${id} forward`]]);
    const { live } = await mesh.store.read.stage(mesh.beta);
    expect(live?.promotion).toBe(id);
    if (!hasDied) return deaths;
    deaths += 1;
  }
}
