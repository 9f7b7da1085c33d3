import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../render/json.ts';
import { wantOneOf } from '../../render/nearest-names.ts';
import type { RampView } from '../ramp/ramp-view.ts';
import type { LiveHosts } from '../serve/live-hosts.ts';
import { AdminRefusal } from './admin-refusal.ts';

export const RAMP_ORDERS = ['hold', 'release', 'hurry'] as const;
export type RampOrderWord = (typeof RAMP_ORDERS)[number];

/** `isTaken` false: it could not be kept yet, and is tried again by itself. */
export type OrderedRamp = { readonly cluster: string; readonly isTaken: boolean; readonly ramp: RampView };

const MAX_BY = 200;
/** An order is kept before it counts; one that takes longer than this is answered as not taken yet. */
const TAKEN_WITHIN_MS = 2_000;
const LOOK_EVERY_MS = 10;

/** Who orders, from `{"by":"…"}`: it stands in the log for good. */
export function byOf(body: JsonObject): string {
  const { by, ...rest } = body;
  const [other] = Object.keys(rest);
  if (other !== undefined) throw new AdminRefusal(400, `member ${other.slice(0, 100)}: want by alone`);
  const text = typeof by === 'string' ? by.trim() : '';
  if (text === '' || text.length > MAX_BY || /\p{Cc}/u.test(text))
    throw new AdminRefusal(400, `by: want who orders it, a line of 1 to ${MAX_BY} characters`);
  return text;
}

/** Refuses a cluster that has no ramp (404), and one of which it is not known yet what was served last (409). */
export async function orderRamp(
  hosts: LiveHosts | undefined,
  cluster: string,
  order: RampOrderWord,
  by: string,
): Promise<OrderedRamp> {
  const views = hosts?.views() ?? new Map<string, never>();
  const before = views.get(cluster);
  if (!hosts || !before)
    throw new AdminRefusal(404, `cluster ${cluster}: want ${wantOneOf('one with a ramp', cluster, [...views.keys()])}`);
  const notYet = (): AdminRefusal =>
    new AdminRefusal(409, `cluster ${cluster}: what was served of it last is not known yet; try again`);
  if (!before.ramp) throw notYet();
  const last = before.ramp.log.at(-1);
  if (!hosts.order(cluster, order, by)) throw notYet();
  const endsAt = performance.now() + TAKEN_WITHIN_MS;
  for (;;) {
    const ramp = hosts.views().get(cluster)?.ramp;
    if (!ramp) throw notYet();
    const isTaken = ramp.log.slice(last ? ramp.log.lastIndexOf(last) + 1 : 0).some(({ kind }) => kind === 'order');
    if (isTaken || performance.now() >= endsAt) return { cluster, isTaken, ramp };
    await sleep(LOOK_EVERY_MS);
  }
}
