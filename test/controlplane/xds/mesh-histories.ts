import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { ServedSnapshot } from '../../../controlplane/served-snapshot.ts';
import type { Variant } from '../../../controlplane/xds/response-frame.ts';
import { isFullState, XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { ModelSubscription } from './model-client.ts';
import { ModelWire, modelGroup, modelSnapshot } from './model-wire.ts';

const { CDS, EDS, LDS, RDS, RTDS } = XDS_TYPES;
const CLUSTERS = ['a', 'b', 'c', 'd'] as const;

/** A mesh whose one route leads to one cluster: what it says is the name of that cluster. */
type Mesh = {
  readonly clusters: readonly string[];
  readonly to: string;
  readonly hosts: string;
  readonly listener: string;
};
const mesh: fc.Arbitrary<Mesh> = fc
  .record({
    clusters: fc.uniqueArray(fc.constantFrom(...CLUSTERS), { minLength: 1 }),
    hosts: fc.constantFrom('1', '2'),
    listener: fc.constantFrom('1', '2'),
    pick: fc.nat(),
  })
  .map(({ pick, clusters, ...rest }) => ({ ...rest, clusters, to: clusters[pick % clusters.length] ?? '' }));

const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('serve' as const), mesh }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('carry' as const), wire: fc.nat() }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('take' as const), wire: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reconnect' as const), restarted: fc.boolean() }) },
);

type Streams = 'aggregated' | 'separate';
export const CASES: readonly [Variant, Streams][] = [
  ['sotw', 'aggregated'],
  ['delta', 'aggregated'],
  ['sotw', 'separate'],
  ['delta', 'separate'],
];

/**
 * Has random meshes served to a node that behaves as an Envoy does, over streams whose messages come when they come, and which are lost: what
 * its route leads to is there at every moment, and in the end it holds what is served.
 */
export async function routesLeadSomewhere(
  variant: Variant,
  streams: Streams,
  runs: Pick<fc.Parameters, 'numRuns' | 'seed' | 'endOnFailure'>,
): Promise<void> {
  let moves = 0;
  await fc.assert(
    fc.asyncProperty(mesh, fc.array(step, { minLength: 5, maxLength: 80, size: 'max' }), async (first, steps) => {
      let group = modelGroup();
      const earlier: ServedSnapshot[] = [];
      let now = first;
      const serve = (next: Mesh): void => {
        now = next;
        const endpoints = new Map(next.clusters.map((name) => [name, next.hosts]));
        const snapshot = modelSnapshot(`d${earlier.length}`, {
          [RTDS]: new Map([['flags', '1']]),
          [CDS]: new Map(next.clusters.map((name) => [name, '1'])),
          [EDS]: endpoints,
          [LDS]: new Map([['l', next.listener]]),
          [RDS]: new Map([['r', next.to]]),
        });
        earlier.push(snapshot);
        group.setSnapshot(snapshot);
      };
      serve(first);

      let wires: ModelWire[] = [];
      let wireOf = new Map<string, ModelWire>();
      const subscription = (typeUrl: string, names: readonly string[] | undefined) =>
        new ModelSubscription(typeUrl, variant, isFullState(typeUrl), names, (bytes) =>
          wireOf.get(typeUrl)?.toServer.push(bytes),
        );
      // An Envoy asks for layers of its runtime before all else.
      const runtime = subscription(RTDS, ['flags']);
      const clusters = subscription(CDS, undefined);
      const endpoints = subscription(EDS, []);
      const listeners = subscription(LDS, undefined);
      const routes = subscription(RDS, ['r']);
      const all = [runtime, clusters, endpoints, listeners, routes];
      const opened = new Set([runtime, clusters]);
      let warming = false;
      const connect = (): void => {
        for (const wire of wires) wire.close();
        const one = streams === 'aggregated' ? [new ModelWire(group, variant, undefined)] : undefined;
        wireOf = new Map(all.map(({ typeUrl }) => [typeUrl, one?.[0] ?? new ModelWire(group, variant, typeUrl)]));
        wires = one ?? [...wireOf.values()];
        warming = false;
        for (const each of opened) each.open('n');
      };
      const open = (each: ModelSubscription): void => {
        if (opened.has(each)) return;
        opened.add(each);
        each.open('n');
      };
      /**
       * As an Envoy: endpoints of the clusters that it has, listeners when these are warm, routes when a listener wants them. On an
       * aggregated stream clusters are acknowledged when they are warm.
       */
      const follow = (): void => {
        for (const name of endpoints.names ?? []) if (!clusters.held.has(name)) endpoints.unsubscribe(name);
        for (const name of clusters.held.keys()) {
          if (endpoints.names?.has(name)) continue;
          if (opened.has(endpoints)) endpoints.subscribe(name);
          else endpoints.names?.add(name);
        }
        if (endpoints.names?.size) open(endpoints);
        const isWarm = clusters.version !== '' && [...clusters.held.keys()].every((name) => endpoints.held.has(name));
        if (isWarm) open(listeners);
        if (isWarm && warming) {
          warming = false;
          clusters.acknowledge();
        }
        if (listeners.held.size > 0) open(routes);
      };
      const take = (wire: ModelWire): boolean => {
        const response = wire.toClient.shift();
        if (!response) return false;
        const isLate = streams === 'aggregated' && response.typeUrl === CDS;
        if (isLate) warming = true;
        all.find(({ typeUrl }) => typeUrl === response.typeUrl)?.take(response, isLate);
        follow();
        const to = routes.held.get('r');
        if (to !== undefined) {
          moves += 1;
          expect([...clusters.held.keys()], 'the cluster of the route').toContain(to);
          if (streams === 'aggregated') expect([...endpoints.held.keys()], 'its endpoints').toContain(to);
        }
        return true;
      };
      connect();
      for (const action of steps) {
        if (action.do === 'serve') serve(action.mesh);
        else if (action.do === 'reconnect') {
          // Streams of their own come back in any order, and may be sent what others are not there for yet.
          if (streams === 'separate') continue;
          if (action.restarted) {
            group = modelGroup();
            group.remember(earlier.slice(-5));
            serve(now);
          }
          connect();
        } else {
          const wire = wires[action.wire % wires.length];
          if (!wire) continue;
          if (action.do === 'take') take(wire);
          else if (!wire.carry()) await turn();
        }
      }
      for (let idle = 0; idle < 4; ) {
        let moved = false;
        for (const wire of wires) moved = wire.carry() || take(wire) || moved;
        if (!moved) await new Promise((resolve) => setTimeout(resolve, 1));
        idle = moved ? 0 : idle + 1;
      }
      expect([...clusters.held.keys()].toSorted()).toEqual(now.clusters.toSorted());
      expect(Object.fromEntries(listeners.held)).toEqual({ l: now.listener });
      expect(routes.held.get('r')).toBe(now.to);
      for (const name of now.clusters) expect(endpoints.held.get(name)).toBe(now.hosts);
    }),
    runs,
  );
  expect(moves).toBeGreaterThan(100);
}
