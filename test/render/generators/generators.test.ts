import { expect, test } from 'vitest';
import { snapshotDocument, snapshotOfDocument } from '../../../pipeline/engine/snapshot-document.ts';
import type { TargetVersion } from '../../../pipeline/ids.ts';
import { filesOf, heldFromFiles } from '../../../pipeline/targets/delivery.ts';
import { renderDiff } from '../../../render/diff/render-diff.ts';
import { diffSnapshots, isEmptyDiff } from '../../../render/diff/snapshot-diff.ts';
import { possibleSnapshots, withExamples } from '../../../render/generators/with-examples.ts';
import { resourcesOf, type Snapshot } from '../../../render/snapshot.ts';
import { packSnapshot, unpackSnapshot } from '../../../render/snapshot-transfer.ts';
import { deliveryOf } from '../../pipeline/targets/deliveries.ts';
import { GATEWAY, meshOf } from './generator-mesh.ts';

async function snapshotOf(files: Parameters<typeof meshOf>[0] = {}): Promise<Snapshot> {
  const { snapshot, findings } = await meshOf(files);
  expect(findings).toEqual([]);
  if (!snapshot) throw new Error('no snapshot');
  return snapshot;
}
const rulesOf = async (files: Parameters<typeof meshOf>[0]): Promise<readonly string[]> =>
  (await meshOf(files)).findings.map(({ rule, at }) => `${rule} ${at.file}:${at.line}`);
const namesIn = (snapshot: Snapshot): readonly string[] => resourcesOf(snapshot, 'cluster').map(({ name }) => name);

test('a generator is in the snapshot with all that it needs, and its examples are not', async () => {
  const snapshot = await snapshotOf({ 'values/common.yaml': 'domain: test\nother: 1\n' });
  expect(namesIn(snapshot)).toEqual([]);
  expect(snapshot.generators).toMatchObject([
    {
      name: 'apps',
      source: { kind: 'consul', tag: 'edge' },
      values: { domain: 'test' },
      examples: [
        { name: 'hello', tags: ['edge'] },
        { name: 'tuned', tags: ['edge', 'timeout=0.5s', 'version=v1'] },
      ],
      maxServices: 100,
      floorPercent: 0,
    },
  ]);
  const possible = possibleSnapshots(snapshot, []);
  expect(possible.map(namesIn)).toEqual([[], ['app-hello'], ['app-hello', 'app-tuned']]);
  expect(new Set(possible.map(({ digest }) => digest))).toEqual(new Set([snapshot.digest]));
  const route = resourcesOf(possible[2] as Snapshot, 'route')[0]?.body;
  expect(route).toMatchObject({
    virtualHosts: [
      { name: 'written' },
      { name: 'app-hello', domains: ['hello.test'], routes: [{ route: { timeout: '5s' } }] },
      { name: 'app-tuned', routes: [{ route: { timeout: '0.500s' } }] },
    ],
  });
});

test.each([
  ['a template', { 'templates/app.yaml': GATEWAY['templates/app.yaml']?.replace('default: 5s', 'default: 6s') }],
  ['a value that it names', { 'values/common.yaml': 'domain: elsewhere\n' }],
  ['the tag', { 'generators/apps.yaml': GATEWAY['generators/apps.yaml']?.replace('tag: edge', 'tag: other') }],
  ['an example', { 'generators/apps.yaml': GATEWAY['generators/apps.yaml']?.replace('name: hello', 'name: hi') }],
])('%s is content: the digest is another, and the diff says where', async (_, files) => {
  const [before, after] = [await snapshotOf(), await snapshotOf(files)];
  expect(after.digest).not.toBe(before.digest);
  const diff = diffSnapshots(before, after);
  expect(isEmptyDiff(diff)).toBe(false);
  expect(renderDiff(diff)).toMatch(/~ generators\n {4}. apps\./);
});

test.each([
  ['a value that it does not name', { 'values/common.yaml': 'domain: test\nother: 1\n' }],
  ['a line above it', { 'generators/apps.yaml': `# a comment\n${GATEWAY['generators/apps.yaml']}` }],
])('%s is not', async (_, files) => {
  expect((await snapshotOf(files)).digest).toBe((await snapshotOf()).digest);
});

test('it is the same after a delivery, in the evidence, and in a worker', async () => {
  const snapshot = await snapshotOf();
  const held = heldFromFiles('1' as TargetVersion, filesOf(deliveryOf('beta-1', { snapshot })));
  if (held.kind !== 'delivery') throw new Error(JSON.stringify(held));
  const sent = unpackSnapshot(structuredClone(packSnapshot(snapshot)));
  for (const back of [held.delivery.snapshot, snapshotOfDocument(snapshotDocument(snapshot)), sent]) {
    expect(back.digest).toBe(snapshot.digest);
    expect(withExamples(back, []).snapshot.resources.map(({ body }) => body)).toEqual(
      withExamples(snapshot, []).snapshot.resources.map(({ body }) => body),
    );
  }
  // Where an example fails in a worker is still a line of the template.
  const [at] = withExamples(sent, [], () => [{ name: 'slow', tags: ['timeout=soon'] }]).findings;
  expect(at).toMatchObject({ rule: 'parameter-kind', at: { file: 'generators/apps.yaml', line: 4 } });
});

test('a delivery whose generators were altered is not taken', async () => {
  const files = filesOf(deliveryOf('beta-1', { snapshot: await snapshotOf() }));
  const text = files.get('generators.json') ?? '';
  files.set('generators.json', text.replace('"tag": "edge"', '"tag": "mine"'));
  expect(heldFromFiles('1' as TargetVersion, files)).toMatchObject({ kind: 'foreign', problem: /digest/ });
  files.set('generators.json', text.replace('"kind": "consul"', '"kind": "zookeeper"'));
  expect(heldFromFiles('1' as TargetVersion, files)).toMatchObject({ kind: 'foreign', problem: /none that this/ });
});

test('one stage may have a generator of its own, or none', async () => {
  const own = GATEWAY['generators/apps.yaml']?.replace('tag: edge', 'tag: own') ?? '';
  const overlay = await snapshotOf({ 'stages/default/generators/apps.yaml': own });
  expect(overlay.generators).toMatchObject([{ name: 'apps', source: { tag: 'own' } }]);
  const off = await snapshotOf({
    'generators/apps.yaml': `$if: \${values.wanted}\n${GATEWAY['generators/apps.yaml']}`,
    'values/common.yaml': 'domain: test\nwanted: false\n',
  });
  expect(off.generators).toBeUndefined();
});

const edited = (from: string, to: string) => ({
  'generators/apps.yaml': GATEWAY['generators/apps.yaml']?.replace(from, to),
});
test.each([
  ['an unknown key', edited('floor: 0', 'flor: 0'), ['bad-generator generators/apps.yaml:8']],
  ['a source of no kind', edited('kind: consul', 'kind: etcd'), ['bad-generator generators/apps.yaml:2']],
  ['a template that is not there', edited('template: app', 'template: ap'), ['bad-generator generators/apps.yaml:2']],
  ['no tag', edited(', tag: edge', ''), ['bad-generator generators/apps.yaml:2']],
  ['a list', { 'generators/apps.yaml': '- 1\n- 2\n' }, ['bad-generator generators/apps.yaml:1']],
  [
    'a part of a service that there is not',
    edited('service.name}', 'service.nam}'),
    ['bad-expression generators/apps.yaml:4'],
  ],
  [
    'two of one name',
    { 'generators/b.yaml': `name: apps\n${GATEWAY['generators/apps.yaml']?.trimStart()}` },
    ['duplicate-generator generators/b.yaml:1'],
  ],
  ['a hostile example', edited('name: hello', 'name: "*"'), ['generated-name generators/apps.yaml:2']],
  ['an example that is written', edited('name: hello', 'name: taken'), ['duplicate-domain templates/app.yaml:16']],
  [
    'no name of its own',
    { 'templates/app.yaml': GATEWAY['templates/app.yaml']?.replaceAll('app-${with.name}', 'app') },
    ['generated-clash templates/app.yaml:8'],
  ],
  [
    'a field that Envoy lacks',
    { 'templates/app.yaml': GATEWAY['templates/app.yaml']?.replace('connect_timeout', 'connect_tmeout') },
    ['unknown-field templates/app.yaml:11'],
  ],
  [
    'a route to nowhere',
    { 'templates/app.yaml': GATEWAY['templates/app.yaml']?.replace('cluster: "app-', 'cluster: "ap-') },
    ['unknown-cluster templates/app.yaml:19'],
  ],
  [
    'a route configuration that is not there',
    { 'templates/app.yaml': GATEWAY['templates/app.yaml']?.replace('into: gateway', 'into: gatway') },
    ['unknown-route-configuration templates/app.yaml:14'],
  ],
  [
    'what is written needs a service',
    {
      'routes.yaml': GATEWAY['routes.yaml']?.replace(
        'direct_response: { status: 200, body: { inline_string: written } }',
        'route: { cluster: app-hello }',
      ),
    },
    ['unknown-cluster routes.yaml:6'],
  ],
])('%s is refused, at its place', async (_, files, want) => {
  expect([...new Set(await rulesOf(files))]).toEqual(want);
});
