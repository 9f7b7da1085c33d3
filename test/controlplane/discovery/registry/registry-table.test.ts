import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { hostKey } from '../../../../controlplane/discovery/discovered-host.ts';
import type { Registration } from '../../../../controlplane/discovery/registry/registration.ts';
import { RegistryTable } from '../../../../controlplane/discovery/registry/registry-table.ts';
import { host } from '../hosts.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const table = (limits = {}): RegistryTable => new RegistryTable({ nowEpochMs: () => Date.now(), limits });
const registration = (address: string, more: Partial<Registration> = {}): Registration => ({
  service: 'shop',
  host: host(address),
  tags: [],
  ttlMs: 10_000,
  ...more,
});
const keys = (registry: RegistryTable): readonly string[] => registry.hosts('shop').map(hostKey);

test('a host lives for its time, renewed for as long again; who listens is told when it goes, and of no renewal', () => {
  using registry = table();
  let changes = 0;
  const stop = registry.onChange(() => {
    changes += 1;
  }, 'shop');
  expect(registry.register(registration('10.0.0.2')).kind).toBe('new');
  vi.advanceTimersByTime(6_000);
  expect(registry.register(registration('10.0.0.2')).kind).toBe('renewed');
  expect(registry.register(registration('10.0.0.1', { ttlMs: 5_000 })).kind).toBe('new');
  expect(keys(registry)).toEqual(['10.0.0.1:80', '10.0.0.2:80']);
  expect(changes).toBe(2);
  vi.advanceTimersByTime(4_999);
  expect(changes).toBe(2);
  vi.advanceTimersByTime(2);
  expect(changes).toBe(3);
  expect(keys(registry)).toEqual(['10.0.0.2:80']);
  vi.advanceTimersByTime(5_000);
  expect([changes, keys(registry), registry.services()]).toEqual([4, [], []]);
  stop();
  registry.register(registration('10.0.0.3'));
  expect(changes).toBe(4);
});

test('what differs replaces what was, and is told', () => {
  using registry = table();
  registry.register(registration('10.0.0.1'));
  let changes = 0;
  registry.onChange(() => {
    changes += 1;
  });
  const sick = registration('10.0.0.1', { host: host('10.0.0.1', { health: 'unhealthy' }) });
  expect(registry.register(sick).kind).toBe('changed');
  expect(registry.hosts('shop')).toEqual([host('10.0.0.1', { health: 'unhealthy' })]);
  expect(registry.register(registration('10.0.0.1', { tags: ['a'] })).kind).toBe('changed');
  expect(changes).toBe(2);
});

test('there is a most of all hosts and of one service; renewals are always taken, and room that comes free is used', () => {
  using registry = table({ hosts: 3, hostsOfOneService: 2 });
  registry.register(registration('10.0.0.1'));
  registry.register(registration('10.0.0.2', { ttlMs: 5_000 }));
  expect(registry.register(registration('10.0.0.3'))).toEqual({
    kind: 'full',
    problem: 'shop has 2 hosts, which is the most',
  });
  registry.register(registration('10.0.0.1', { service: 'cart' }));
  expect(registry.register(registration('10.0.0.2', { service: 'cart' }))).toEqual({
    kind: 'full',
    problem: 'there are 3 hosts, which is the most',
  });
  expect(registry.register(registration('10.0.0.1')).kind).toBe('renewed');
  vi.advanceTimersByTime(5_000);
  expect(registry.register(registration('10.0.0.3')).kind).toBe('new');
});

test('a host that goes away and one that never was', () => {
  using registry = table();
  registry.register(registration('10.0.0.1'));
  expect(registry.deregister('shop', '10.0.0.1:80')).toBe(true);
  expect(registry.deregister('shop', '10.0.0.1:80')).toBe(false);
  expect(registry.services()).toEqual([]);
});

test('services with their hosts and tags, in order', () => {
  using registry = table();
  registry.register(registration('10.0.0.1', { tags: ['b'] }));
  registry.register(registration('10.0.0.2', { tags: ['a', 'b'] }));
  registry.register(registration('10.0.0.1', { service: 'cart' }));
  expect(registry.services()).toEqual([
    { service: 'cart', hosts: 1, tags: [] },
    { service: 'shop', hosts: 2, tags: ['a', 'b'] },
  ]);
});

test('many with different ends each go at their own', () => {
  using registry = table();
  for (let last = 1; last <= 200; last += 1) registry.register(registration(`10.0.0.${last}`, { ttlMs: last * 37 }));
  for (let at = 0; at < 200 * 37; at += 37) {
    expect(registry.hosts('shop')).toHaveLength(200 - at / 37);
    vi.advanceTimersByTime(37);
  }
  expect(vi.getTimerCount()).toBe(0);
});

test('a clock that is slower than the timers: a host goes when the clock says so, and whoever listens is told', () => {
  const startedAt = Date.now();
  using registry = new RegistryTable({ nowEpochMs: () => startedAt + (Date.now() - startedAt) / 2 });
  let changes = 0;
  registry.onChange(() => {
    changes += 1;
  });
  registry.register(registration('10.0.0.1'));
  vi.advanceTimersByTime(19_000);
  expect(changes).toBe(1);
  vi.advanceTimersByTime(2_000);
  expect(changes).toBe(2);
});

test('a clock that is set back gives nobody a longer life', () => {
  let setBackMs = 0;
  using registry = new RegistryTable({ nowEpochMs: () => Date.now() - setBackMs });
  registry.register(registration('10.0.0.1'));
  vi.advanceTimersByTime(4_000);
  registry.register(registration('10.0.0.2'));
  setBackMs = 3_600_000;
  registry.register(registration('10.0.0.3', { ttlMs: 20_000 }));
  expect(registry.list('shop').map((entry) => registry.leftMs(entry))).toEqual([6_000, 10_000, 20_000]);
  vi.advanceTimersByTime(6_001);
  expect(keys(registry)).toEqual(['10.0.0.2:80', '10.0.0.3:80']);
  vi.advanceTimersByTime(14_000);
  expect(keys(registry)).toEqual([]);
});
