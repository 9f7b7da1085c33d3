import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../render/json.ts';
import type { Snapshot } from '../../../../render/snapshot.ts';
import { cluster, listener, managed, ROUTER, snapshotOf, to } from '../../snapshot-of.ts';
import { everyChain } from './every-chain.ts';
import { ANY, everyMatcher } from './every-matcher.ts';
import { runDefaultChecks } from './real-envoy.ts';

const FAULT = (numerator: number): JsonObject => ({
  name: 'fault',
  typedConfig: {
    '@type': `${ANY}envoy.extensions.filters.http.fault.v3.HTTPFault`,
    abort: { httpStatus: 418, percentage: { numerator } },
  },
});

function byChance(): Snapshot {
  const share = (numerator: number): JsonObject => ({
    prefix: '/',
    runtimeFraction: { defaultValue: { numerator }, runtimeKey: 'mesh.share' },
  });
  const one = (name: string, list: readonly JsonObject[], manager: JsonObject = {}) =>
    listener(name, [
      {
        filters: [
          managed({ routeConfig: { name, virtualHosts: [{ name: 'v', domains: ['*'], routes: [...list] }] } }, manager),
        ],
      },
    ]);
  return snapshotOf({
    listener: [
      one('share', [to(share(30), 'a'), to({ prefix: '/' }, 'b')]),
      one('abort-some', [to({ prefix: '/' }, 'a')], { httpFilters: [FAULT(60), ROUTER] }),
      one('abort-all', [to({ prefix: '/' }, 'a')], { httpFilters: [FAULT(100), ROUTER] }),
      one('copies', [{ match: { prefix: '/' }, route: { cluster: 'a', requestMirrorPolicies: [{ cluster: 'b' }] } }]),
      one('weights', [
        {
          match: { prefix: '/' },
          route: {
            weightedClusters: {
              clusters: [
                { name: 'a', weight: 1 },
                { name: 'b', weight: 99 },
              ],
            },
          },
        },
      ]),
      one('named', [{ match: { prefix: '/' }, route: { clusterHeader: 'x-cluster' } }]),
    ],
    cluster: [cluster('a'), cluster('b')],
  });
}

const SNAPSHOTS = { 'every matcher': everyMatcher, 'every filter chain': everyChain, 'chance and copies': byChance };

describe.each(['1.36.4', '1.40.0'])('Envoy %s', (version) => {
  test.each(Object.entries(SNAPSHOTS))('%s: what is derived reaches what it is derived for', async (_, snapshot) => {
    const { applied, results } = await runDefaultChecks(version, snapshot());
    expect(applied).toBe('acked');
    const outcomes = results.map(({ name, outcome }) =>
      outcome.kind === 'pass' ? undefined : `${name}: ${JSON.stringify(outcome)}`,
    );
    expect(outcomes.filter((outcome) => outcome !== undefined)).toEqual([]);
    expect(results.length).toBeGreaterThan(5);
  });
});
