import { afterEach, expect } from 'vitest';
import type { TargetVersion } from '../../../../pipeline/ids.ts';
import { openTarget } from '../../../../pipeline/targets/open-target.ts';
import type { Held, PushResult, Target } from '../../../../pipeline/targets/target.ts';
import type { Place, Store } from '../target-store.ts';

/** What each part of the contract works with. */
export type Bench = {
  /** Known once its server runs. */
  readonly theStore: () => Store;
  /** Another handle; closed after the test. */
  readonly open: (place: Place) => Promise<Target>;
  readonly fresh: () => Promise<{ readonly place: Place; readonly target: Target; readonly empty: TargetVersion }>;
};

export function contractBench(theStore: () => Store): Bench {
  const opened: Target[] = [];
  afterEach(async () => {
    for (const target of opened.splice(0)) await target[Symbol.asyncDispose]();
  });
  const open = async ({ target, options }: Place): Promise<Target> => {
    const made = await openTarget(target, options);
    opened.push(made);
    return made;
  };
  return {
    theStore,
    open,
    async fresh() {
      const place = await theStore().place();
      const target = await open(place);
      return { place, target, empty: (await target.read()).version };
    },
  };
}

export function pushed(result: PushResult): TargetVersion {
  expect(result.kind).toBe('pushed');
  return result.version;
}

export function deliveryIn(held: Held | undefined): Extract<Held, { kind: 'delivery' }> {
  expect(held).toMatchObject({ kind: 'delivery' });
  if (held?.kind !== 'delivery') throw new Error('no delivery');
  return held;
}
