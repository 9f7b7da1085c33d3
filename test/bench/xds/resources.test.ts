import { expect, test } from 'vitest';
import { benchChange, benchResources } from '../../../bench/xds/resources.ts';
import { encodeResource } from '../../../render/api/encode-resource.ts';

const NOWHERE = { file: '', line: 1, column: 1 };

test('every cluster has its endpoints and a route, and all of it is what Envoy knows', () => {
  const resources = benchResources(300);
  const count = (kind: string): number => resources.filter((one) => one.kind === kind).length;
  expect([count('cluster'), count('endpoint'), count('listener'), count('route')]).toEqual([300, 300, 1, 1]);
  const routes = resources.find(({ kind }) => kind === 'route');
  expect(JSON.stringify(routes?.body).match(/"cluster":/g)).toHaveLength(300);
  // An unknown field or a value of a wrong type throws.
  for (const resource of resources) expect(encodeResource({ ...resource, at: NOWHERE }).length).toBeGreaterThan(0);
});

test('a change touches one endpoint of a cluster that is there, and its mark is no part of another’s', () => {
  const resources = benchResources(7);
  const changes = Array.from({ length: 250 }, (_, number) => benchChange(number, 7));
  for (const { resource, marker } of changes) {
    const before = resources.find(({ kind, name }) => kind === resource.kind && name === resource.name);
    const [was, is] = [JSON.stringify(before?.body), JSON.stringify(resource.body)];
    expect(is.split(marker)).toHaveLength(2);
    expect(was).not.toContain(marker);
    const first = /"10\.[0-9.]+"/;
    expect(is.replace(first, '')).toBe(was.replace(first, ''));
  }
  const marks = changes.map(({ marker }) => marker);
  expect(marks.filter((mark, index) => marks.some((other, at) => at !== index && other.includes(mark)))).toEqual([]);
});
