import { setTimeout as sleep } from 'node:timers/promises';
import { resourcesOf } from '../../../render/snapshot.ts';
import type { RunningCell } from '../../cell/running-cell.ts';
import { mergeWindowMs } from '../../substitute/timing-substitution.ts';

/** For the update to pass from Envoy's main thread to its workers. */
const HANDOVER_MS = 50;

/** Waits until what the admin shows of hosts' health is what Envoy's workers go by. */
export async function awaitHandover({ snapshot, healthAtOnce, signal }: RunningCell, cluster: string): Promise<void> {
  const resource = resourcesOf(snapshot, 'cluster').find(({ name }) => name === cluster);
  await sleep(mergeWindowMs(resource?.body, healthAtOnce ?? false) + HANDOVER_MS, undefined, { signal });
}
