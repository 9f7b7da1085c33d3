import type { XdsNode } from './discovery-messages.ts';
import type { NodeSession } from './node-session.ts';
import { type ResourceStatus, resourceStatuses } from './resource-status.ts';
import type { Selection } from './selection.ts';
import type { Subscription } from './subscription.ts';
import type { Tallies } from './tallies.ts';
import { inAddOrder } from './xds-types.ts';

/** One connected Envoy, as it stands with the resources that it asks for. */
export type ClientState = {
  /** The node's id; `edge-1 (2)` for the second of two Envoys that bear one id. */
  readonly name: string;
  readonly node: XdsNode;
  /** As they are when they are asked for; in the order in which they are served. */
  types(): readonly ClientType[];
};

export type ClientType = {
  readonly typeUrl: string;
  /** How long ago it was last sent something of the type, took or refused it; undefined: it never was. */
  readonly forMs: number | undefined;
  /** Each name once. */
  statuses(): Iterable<ResourceStatus>;
};

/** `servedFor` is what is served for what a subscription asks for. Nothing of it is kept, and nothing looked at before it is read. */
export function typeStates(
  { slots }: NodeSession,
  tallies: Tallies,
  nowMs: number,
  servedFor: (subscription: Subscription) => Selection,
): ClientType[] {
  const byType = Map.groupBy(
    slots.map(({ subscription }) => subscription),
    ({ typeUrl }) => typeUrl,
  );
  return inAddOrder(byType.keys()).map((typeUrl) => {
    const tally = tallies.get(typeUrl);
    const subscriptions = byType.get(typeUrl) ?? [];
    return {
      typeUrl,
      forMs: tally && nowMs - tally.sinceMs,
      statuses: () => {
        const [only, ...more] = subscriptions;
        if (!only) return [];
        if (more.length === 0) return resourceStatuses(only, servedFor(only));
        return furthestFromDone(subscriptions, servedFor);
      },
    };
  });
}

/** Of a name that several streams ask for, that which is furthest from done. */
function furthestFromDone(
  subscriptions: readonly Subscription[],
  servedFor: (subscription: Subscription) => Selection,
): Iterable<ResourceStatus> {
  const found = new Map<string, ResourceStatus>();
  for (const subscription of subscriptions)
    for (const status of resourceStatuses(subscription, servedFor(subscription))) {
      const other = found.get(status.name);
      if (!other || DISTANCE[status.config] > DISTANCE[other.config]) found.set(status.name, status);
    }
  return found.values();
}

const DISTANCE: Readonly<Record<ResourceStatus['config'], number>> = { synced: 0, 'not-sent': 1, stale: 2, error: 3 };
