import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TargetVersion } from '../../../pipeline/ids.ts';
import { filesFromValues, filesOf, heldFromFiles } from '../../../pipeline/targets/delivery.ts';
import type { ClusterDiscovery } from '../../../render/discovery/cluster-discovery.ts';
import type { StageName } from '../../../render/ids.ts';
import type { JsonObject, JsonValue } from '../../../render/json.ts';
import { keyLocation } from '../../../render/places.ts';
import { makeSnapshot } from '../../../render/snapshot.ts';
import { deliveryOf, snapshotWith } from './deliveries.ts';

const V = 'v1' as TargetVersion;
const filesWith = (timeout: string) => filesOf(deliveryOf('beta-1', { snapshot: snapshotWith(timeout) }));

test('a file per resource type, each resource a block under its name', () => {
  const files = filesWith('1s');
  expect([...files.keys()]).toEqual(['manifest.json', 'clusters.json', 'routes.json']);
  expect(files.get('clusters.json')).toBe(`{
  "payments": {
    "connectTimeout": "1s",
    "name": "payments"
  },
  "search": {
    "connectTimeout": "1s",
    "name": "search"
  }
}
`);
});

test('one changed field is one changed line', () => {
  const [before, after] = ['1s', '2s'].map((timeout) => filesWith(timeout).get('clusters.json')?.split('\n') ?? []);
  expect(before?.filter((line, index) => line !== after?.[index])).toEqual(['    "connectTimeout": "1s",']);
  expect(after?.length).toBe(before?.length);
});

test('what is read stands at its line of the delivered file', () => {
  const held = heldFromFiles(V, filesWith('1s'));
  if (held.kind !== 'delivery') throw new Error(held.kind);
  const [, search] = held.delivery.snapshot.resources;
  expect(search?.at).toEqual({ file: 'clusters.json', line: 6, column: 13 });
  expect(search && keyLocation(search.body, 'connectTimeout')).toEqual({ file: 'clusters.json', line: 7, column: 5 });
});

const json = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'grapheme' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
  object: fc.dictionary(
    fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__'),
    tie('value'),
    { maxKeys: 4 },
  ),
})).object;

test('any bodies come back with the same digest, also through a store that keeps values and not text', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(fc.string(), json), { selector: ([name]) => name, maxLength: 5 }),
      json,
      (all, boot) => {
        const resources = all
          .filter(([name]) => name !== '__proto__')
          .map(([name, body]) => ({
            kind: 'cluster' as const,
            name,
            body: { ...body, name },
            at: { file: 'x', line: 1, column: 1 },
          }));
        const snapshot = makeSnapshot('beta' as StageName, resources, boot);
        const files = filesOf(deliveryOf('beta-1', { snapshot }));
        const values = new Map([...files].map(([name, text]) => [name, JSON.parse(text) as JsonValue]));
        expect(filesFromValues(values)).toEqual(files);
        expect(heldFromFiles(V, files)).toMatchObject({
          kind: 'delivery',
          delivery: { snapshot: { digest: snapshot.digest } },
        });
      },
    ),
  );
});

const foreign: readonly [string, (files: Map<string, string>) => unknown, RegExp][] = [
  ['no manifest', (files) => files.delete('manifest.json'), /^there is no manifest\.json$/],
  [
    'only something unreadable',
    (files) => files.set('routes.json', '{'),
    /^routes\.json:1:2 has the end of the file; want/,
  ],
  ['a list for a file', (files) => files.set('routes.json', '[]'), /^routes\.json does not hold a JSON object$/],
  [
    'a resource type gone',
    (files) => files.delete('routes.json'),
    /says digest [0-9a-f]{12}, and the files beside it have/,
  ],
  ['a type too many', (files) => files.set('secrets.json', '{"s":{"name":"s"}}'), /says digest/],
  ['a bootstrap too many', (files) => files.set('bootstrap.json', '{}'), /says digest/],
  ['an empty manifest', (files) => files.set('manifest.json', ''), /^manifest\.json:1:1 has the end of the file/],
  [
    'half a manifest',
    (files) => files.set('manifest.json', '{"format":1}'),
    /^manifest\.json is not a manifest \(stage: /,
  ],
  [
    'a later format',
    (files) => files.set('manifest.json', '{"format":2}'),
    /has format 2; this Meshgate knows 1: a newer one/,
  ],
  ['a key twice', (files) => files.set('clusters.json', '{"a":{"name":"a"},"a":{"name":"a"}}'), /the key "a" again/],
  ['a forbidden key', (files) => files.set('clusters.json', '{"__proto__":{"name":"a"}}'), /__proto__/],
  ['very deep', (files) => files.set('clusters.json', '{"a":'.repeat(5_000)), /at most 200 levels/],
];
test.each(foreign)('foreign in words: %s', (_, change, problem) => {
  const files = filesWith('1s');
  change(files);
  const held = heldFromFiles(V, files);
  expect(held).toMatchObject({ kind: 'foreign', version: V, problem: expect.stringMatching(problem) });
});

test('the digest of what is there is told where the files can be read', () => {
  const files = filesWith('7s');
  files.delete('manifest.json');
  expect(heldFromFiles(V, files)).toMatchObject({ kind: 'foreign', digest: snapshotWith('7s').digest });
});

test('no files at all are empty, and a resource that could not be read back is not delivered', () => {
  expect(heldFromFiles(V, new Map())).toEqual({ kind: 'empty', version: V });
  const snapshot = snapshotWith('1s', [{ name: '__proto__' }]);
  expect(() => filesOf(deliveryOf('beta-1', { snapshot }))).toThrow(/cluster __proto__ cannot be delivered/);
});

test('a manifest of another snapshot is not delivered', () => {
  const { manifest } = deliveryOf('beta-1', { snapshot: snapshotWith('1s') });
  expect(() => filesOf({ manifest, snapshot: snapshotWith('2s') })).toThrow(/of another snapshot/);
});

test('where hosts come from is delivered in a file of its own, and what is not understood there is not served', () => {
  const discovery: ClusterDiscovery = {
    sources: [{ kind: 'consul', service: 'payments', tags: ['v2'], priority: 0 }],
    maxStaleMs: 3_600_000,
    floorPercent: 50,
    floorHoldMs: 300_000,
  };
  const plain = snapshotWith('1s');
  const snapshot = makeSnapshot(
    plain.stage,
    plain.resources.map((resource) => (resource.name === 'payments' ? { ...resource, discovery } : resource)),
  );
  const files = filesOf(deliveryOf('beta-1', { snapshot }));
  expect(JSON.parse(files.get('clusters.json') ?? '').payments).not.toHaveProperty('discovery');
  const held = heldFromFiles(V, files);
  expect(held.kind === 'delivery' && held.delivery.snapshot.resources[0]?.discovery).toEqual(discovery);
  const withDiscoveries = (text: string) => heldFromFiles(V, new Map([...files, ['discovery.json', text]]));
  expect(withDiscoveries('{"payments": {"sources": [{"kind": "zookeeper"}]}}')).toMatchObject({
    kind: 'foreign',
    problem: 'discovery.json: that of "payments" is none that this Meshgate knows',
  });
  expect(withDiscoveries(JSON.stringify({ payments: discovery, gone: discovery }))).toMatchObject({
    kind: 'foreign',
    problem: 'discovery.json: there is no cluster "gone"',
  });
  files.delete('discovery.json');
  expect(heldFromFiles(V, files)).toMatchObject({ kind: 'foreign', problem: expect.stringContaining('says digest') });
});
