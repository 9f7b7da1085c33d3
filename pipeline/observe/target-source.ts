import type { Offer, SnapshotSource } from '../../controlplane/serve/snapshot-source.ts';
import type { StageName } from '../../render/ids.ts';
import type { TargetVersion } from '../ids.ts';
import type { Held, Target } from '../targets/target.ts';

/** A stage's target, as what its control plane serves from. */
export const targetSource = (target: Target, stage: StageName): SnapshotSource => ({
  name: `target ${target.name}`,
  read: async (signal) => offerOf(await target.read(signal), stage),
  async earlier(limit, signal) {
    const history = await target.history(limit + 1, signal);
    const held = await Promise.all(history.slice(1).map(({ version }) => target.readAt(version, signal)));
    return held.flatMap((was) => (was?.kind === 'delivery' ? [was.delivery.snapshot] : []));
  },
  async *watch(known, signal) {
    for await (const held of target.watch(known as TargetVersion | undefined, signal)) yield offerOf(held, stage);
  },
});

function offerOf(held: Held, stage: StageName): Offer {
  const { version } = held;
  switch (held.kind) {
    case 'empty':
      return { kind: 'empty', version };
    case 'foreign':
      return { kind: 'unusable', version, problem: `the target holds something foreign: ${held.problem}` };
    case 'delivery': {
      const { manifest, snapshot } = held.delivery;
      if (manifest.stage !== stage)
        return { kind: 'unusable', version, problem: `the target holds a delivery for stage ${manifest.stage}` };
      return { kind: 'snapshot', version, snapshot: { ...snapshot, digest: manifest.digest } };
    }
    default:
      return held satisfies never;
  }
}
