import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { pollUntil } from '../../../conformance/poll-until.ts';
import type { Variant } from '../../../controlplane/xds/response-frame.ts';
import { TypeHistory } from '../../../controlplane/xds/type-history.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

test.each<Variant>(['sotw', 'delta'])(
  'what was served long ago is let go, however many steps led from it (%s)',
  async (variant) => {
    const history = new TypeHistory(XDS_TYPES.EDS);
    const served: WeakRef<object>[] = [];
    const frames: WeakRef<object>[] = [];
    for (let change = 0; change < 100; change += 1) {
      const before = history.now.all;
      history.serve([{ name: 'a', version: String(change), bytes: Buffer.from('a') }], change + 1);
      const step = history.steps(variant).between(before, history.now.all);
      served.push(new WeakRef(step.to));
      frames.push(new WeakRef(step.frame()));
    }
    const left = await pollUntil('what is let go', 15_000, new AbortController().signal, async () => {
      collect();
      const alive = [served, frames].map((refs) => refs.filter((ref) => ref.deref()).length);
      return alive.every((count) => count <= 20) ? alive : undefined;
    });
    expect(left.every((count) => count > 0)).toBe(true);
  },
);
