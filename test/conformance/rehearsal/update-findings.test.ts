import { expect, test } from 'vitest';
import { type UpdateCounters, updateFindings } from '../../../conformance/rehearsal/update-findings.ts';
import type { JsonObject } from '../../../render/json.ts';
import { cluster, hostsAt, listener, snapshotOf } from '../snapshot-of.ts';

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

const listeners = (more: Readonly<Record<string, number>>): UpdateCounters => ({
  panic: new Map(),
  listeners: new Map(Object.entries(more).map(([name, value]) => [`listener_manager.${name}`, value])),
});
const EDGE = listener('edge', []);
const SIDE = listener('side', []);
const drainedIn = (after: Readonly<Record<string, number>>, live: JsonObject[], proposed: JsonObject[]): string[] => {
  const [was, is] = [snapshotOf({ listener: live }), snapshotOf({ listener: proposed })];
  return updateFindings({
    before: listeners({ listener_modified: 2 }),
    after: listeners(after),
    served: { before: was.resources, after: is.resources },
    live: was,
    proposed: is,
    envoy: '1.40.0',
  }).map(({ rule, at, saw }) => `${rule} ${at.file}:${at.line} ${saw}`);
};

test('more listeners replaced or removed than change: the first that does not change is named', () => {
  const changed = { ...SIDE, statPrefix: 'other' };
  expect(drainedIn({ listener_modified: 4 }, [EDGE, SIDE], [EDGE, changed])).toEqual([
    'rehearsal-listener-drained listeners.yaml:1 Envoy replaced or removed 2 listeners, while 1 change (side)',
  ]);
  expect(drainedIn({ listener_modified: 3 }, [EDGE, SIDE], [EDGE, changed])).toEqual([]);
});

test('listeners that go may be removed, and counters that do not move tell of nothing', () => {
  expect(drainedIn({ listener_modified: 2, listener_removed: 1 }, [EDGE, SIDE], [EDGE])).toEqual([]);
  expect(drainedIn({ listener_modified: 2, listener_removed: 1 }, [EDGE, SIDE], [EDGE, SIDE])).toHaveLength(1);
  expect(drainedIn({ listener_modified: 2 }, [EDGE], [EDGE])).toEqual([]);
});
