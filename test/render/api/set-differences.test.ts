import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { API_MINORS, newestApiSet } from '../../../render/api/api-set.ts';
import { canonicaliser } from '../../../render/api/canonicaliser.ts';
import { checkResources } from '../../../render/api/check-resources.ts';
import { newestWalk } from '../../../render/api/newest-walk.ts';
import type { EnvoyVersion } from '../../../render/ids.ts';
import type { JsonObject } from '../../../render/json.ts';
import type { WrittenResource } from '../../../render/resource.ts';
import { differencesJson } from '../../../tools/descriptors/differences-json.ts';
import { at, cluster } from './messages.ts';

const FILE = join(import.meta.dirname, '../../../render/api/descriptors/differences.json');
const written = (kind: WrittenResource['kind'], body: JsonObject): WrittenResource => ({ kind, body, at });

test('differences.json is what the sets themselves say (node tools/descriptors/write-differences.ts)', () => {
  expect(readFileSync(FILE, 'utf8')).toBe(differencesJson());
});

test('only the sets that differ in something that a resource uses are named', () => {
  expect(newestWalk(written('cluster', cluster({ per_connection_buffer_limit_bytes: 5 }))).differing).toEqual(
    new Set(),
  );
  const { older } = JSON.parse(readFileSync(FILE, 'utf8'));
  for (const minor of API_MINORS.slice(0, -1)) {
    expect(older[minor].fields.length + older[minor].messages.length, minor).toBeGreaterThan(50);
    expect(older[minor].enumValues.length, minor).toBeGreaterThan(10);
  }
});

test('a constraint that only the newest API has is looked at where it is broken', () => {
  const check = { timeout: '1s', interval: '1s', unhealthy_threshold: 1, healthy_threshold: 1, tcp_health_check: {} };
  const checked = (count: number) => written('cluster', cluster({ health_checks: Array(count).fill(check) }));
  expect(newestWalk(checked(8)).differing).toEqual(new Set());
  expect(newestWalk(checked(9)).differing).toEqual(new Set(API_MINORS.slice(0, -1)));
  const versions = ['1.39.3', '1.40.0'] as EnvoyVersion[];
  expect(checkResources([checked(9)], undefined, versions)).toMatchObject([{ rule: 'constraint', envoy: ['1.40.0'] }]);
});

test('a resource is walked once for its canonical form and its checks', () => {
  const resource = written('cluster', cluster({}));
  expect(canonicaliser(newestApiSet())(resource).resource?.body).toBe(newestWalk(resource).body);
});
