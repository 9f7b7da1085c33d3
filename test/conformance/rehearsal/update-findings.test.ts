import { expect, test } from 'vitest';
import { type UpdateCounters, updateFindings } from '../../../conformance/rehearsal/update-findings.ts';
import type { JsonObject } from '../../../render/json.ts';
import { cluster, hostsAt, snapshotOf } from '../snapshot-of.ts';

const counters = (panic: Readonly<Record<string, number>> = {}): UpdateCounters => ({
  panic: new Map(Object.entries(panic).map(([name, value]) => [`cluster.${name}.lb_healthy_panic`, value])),
  listeners: new Map(),
});
const down = (address: string): JsonObject => ({
  endpoint: { address: { socketAddress: { address, portValue: 80 } } },
  healthStatus: 'UNHEALTHY',
});
const of = (lbEndpoints: JsonObject[]): JsonObject =>
  cluster('a', { loadAssignment: { clusterName: 'a', endpoints: lbEndpoints.length > 0 ? [{ lbEndpoints }] : [] } });
const UP = cluster('a', { loadAssignment: { clusterName: 'a', endpoints: hostsAt(['10.0.0.1', 80]) } });

const panicsOf = (live: JsonObject, proposed: JsonObject): string[] =>
  updateFindings({
    before: counters({ a: 3 }),
    after: counters({ a: 5 }),
    served: { before: [], after: [] },
    live: snapshotOf({ cluster: [live] }),
    proposed: snapshotOf({ cluster: [proposed] }),
    envoy: '1.40.0',
  }).map(({ rule, resource, saw }) => `${rule} ${resource} ${saw.split(' ')[0]}`);

test('panic during a change is a finding, of a cluster that has hosts to send to', () => {
  expect(panicsOf(UP, UP)).toEqual(['rehearsal-panic cluster a 2']);
  expect(panicsOf(UP, of([down('10.0.0.1')]))).toEqual(['rehearsal-panic cluster a 2']);
});

test('a cluster without a host that is up counts every pick as panic, before the change as after it', () => {
  expect(panicsOf(of([]), of([]))).toEqual([]);
  expect(panicsOf(of([down('10.0.0.1')]), of([down('10.0.0.1'), down('10.0.0.2')]))).toEqual([]);
});
