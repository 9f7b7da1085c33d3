import { describe, expect, test } from 'vitest';
import { fleetRows } from '../../../../board/api/fleet-rows.ts';
import { fleetPart } from '../../../../board/app/pages/fleet/fleet-filter.ts';
import { typeWords } from '../../../../board/app/pages/fleet/type-words.ts';
import { historyQueryOf } from '../../../../board/app/pages/history/history-query.ts';
import { edgeWidth, edgeWords } from '../../../../board/app/pages/mesh/edge-look.ts';
import { found, mostPressing, neighbourhood } from '../../../../board/app/pages/mesh/map-part.ts';
import { demoFleet } from '../../fixture/demo-fleet.ts';
import { demoMap, largeMap } from '../../fixture/demo-mesh.ts';

describe('the fleet', () => {
  const rows = fleetRows(demoFleet(1_000));
  test('what is not well comes first, and by name among equals', () => {
    const part = fleetPart(rows, {});
    const states = part.map(({ state }) => state);
    expect(states[0]).toBe('refused');
    expect(states.indexOf('pending')).toBeLessThan(states.indexOf('applied'));
    const well = part.filter(({ state }) => state === 'applied').map(({ node }) => node);
    expect(well).toEqual(well.toSorted());
    expect(fleetPart(rows, { order: 'name' })).toEqual(rows);
  });
  test('all of a filter must hold; text finds names and what is said of a refusal', () => {
    expect(fleetPart(rows, { stage: 'beta', state: 'refused' }).map(({ node }) => node)).toEqual([
      'envoy-00003.eu-1.shop',
    ]);
    expect(fleetPart(rows, { text: ' could NOT find @type ' }).every(({ state }) => state === 'refused')).toBe(true);
    expect(fleetPart(rows, { text: '00017' })).toHaveLength(1);
    expect(fleetPart(rows, { version: '9.9.9' })).toEqual([]);
  });
  test('types in a line: a refusal first, in the words of Envoy', () => {
    const [refused] = fleetPart(rows, { state: 'refused' });
    const [pending] = fleetPart(rows, { state: 'pending' });
    expect(refused && typeWords(refused)).toMatch(/^CDS NACKed: Error adding.*; EDS, LDS, RDS ACKed$/);
    expect(pending && typeWords(pending)).toBe('RDS sent, not answered; CDS, EDS, LDS ACKed');
    expect(typeWords({ refused: [] })).toBe('–');
  });
});

describe('the map', () => {
  const map = demoMap('canary');
  test('around one: whom it reaches, and who reaches it, but not all whom those call', () => {
    const names = neighbourhood(map, 'payments', 1).services.map(({ name }) => name);
    expect(names.toSorted()).toEqual(['edge', 'fraud', 'ledger', 'payments']);
    expect(neighbourhood(map, 'cart', 2).services.map(({ name }) => name)).toContain('inventory');
  });
  test('of a large one, where requests fail comes first; a small one is whole', () => {
    expect(mostPressing(map)).toEqual({ services: map.services, edges: map.edges });
    const large = largeMap('canary', 500);
    const part = mostPressing(large);
    expect(part.services).toHaveLength(60);
    const bad = new Set(
      large.edges.filter(({ failureShare }) => (failureShare ?? 0) > 0.01).flatMap(({ from, to }) => [from, to]),
    );
    const kept = part.services.filter(({ name }) => bad.has(name)).length;
    expect(kept).toBe(Math.min(60, bad.size));
    const names = new Set(part.services.map(({ name }) => name));
    expect(part.edges.every(({ from, to }) => names.has(from) && names.has(to))).toBe(true);
  });
  test('a search finds names by their parts in any order', () => {
    expect(found(map.services, 'next pay').map(({ name }) => name)).toEqual(['payments-next']);
    expect(found(map.services, '  ')).toHaveLength(map.services.length);
  });
  test('an edge in words, and how wide it is', () => {
    const edge = map.edges.find(({ to }) => to === 'payments-next');
    expect(edge && edgeWords(edge)).toBe('2.3/s, 4.3\u00a0% fail, p99 178\u00a0ms');
    expect(edgeWords({ from: 'a', to: 'b', requests: 0, failures: 0, requestsPerSecond: 0 })).toBe(
      'configured, no requests',
    );
    expect([edgeWidth(0), edgeWidth(99), edgeWidth(1e9)]).toEqual([1, 3, 5]);
  });
});

test('history: days become times of UTC, the last one whole; what is no day and what is empty is left out', () => {
  expect(
    historyQueryOf({ person: 'ada', stage: '', digest: ' 4F2A ', from: '2026-11-22', to: '2026-11-22', cell: 'x' }),
  ).toEqual({
    person: 'ada',
    digest: '4f2a',
    fromEpochMs: String(Date.UTC(2026, 10, 22)),
    toEpochMs: String(Date.UTC(2026, 10, 23) - 1),
  });
  expect(historyQueryOf({ from: 'yesterday', to: '2026-99-99' })).toEqual({});
});
