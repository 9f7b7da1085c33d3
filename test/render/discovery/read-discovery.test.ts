import { expect, test } from 'vitest';
import { diffSnapshots } from '../../../render/diff/snapshot-diff.ts';
import { deliveredDiscovery } from '../../../render/discovery/delivered-discovery.ts';
import type { StageName } from '../../../render/ids.ts';
import type { JsonValue } from '../../../render/json.ts';
import { loadMeshConfig } from '../../../render/load/load-mesh-config.ts';
import { renderStage } from '../../../render/render-stage.ts';
import { makeSnapshot, type Snapshot } from '../../../render/snapshot.ts';
import { packSnapshot, unpackSnapshot } from '../../../render/snapshot-transfer.ts';
import { formatLocation } from '../../../render/source-location.ts';
import { configOnDisk } from '../load/config-on-disk.ts';

async function rendered(discovery: string) {
  const text = `name: app\ntype: EDS\ndiscovery:\n${discovery.replaceAll(/^/gm, '  ')}\n`;
  await using config = await configOnDisk({ 'clusters.yaml': text });
  const { loaded } = await loadMeshConfig(config.dir, { defaultEnvoyVersions: [] });
  return renderStage(loaded, 'default');
}

/** As canonical as is needed here: the bodies are Envoy's alone. */
async function snapshotWith(discovery: string): Promise<Snapshot> {
  const { resources, findings } = await rendered(discovery);
  expect(findings).toEqual([]);
  return makeSnapshot(
    'default' as StageName,
    resources.map((written) => ({ ...written, name: String(written.body.name) })),
  );
}

const CONSUL = 'sources: [{ kind: consul, service: app, tags: [b, a, b] }]';

test('it is read beside the fields that are Envoy’s, with its defaults', async () => {
  const { resources, findings } = await rendered(
    `${CONSUL.slice(0, -1)}, { kind: dns, name: app.internal, port: 80, priority: 1, locality: { zone: z } }]\nfloor: 0`,
  );
  expect(findings).toEqual([]);
  expect(resources).toMatchObject([{ kind: 'cluster', body: { name: 'app', type: 'EDS' } }]);
  expect(resources[0]?.body).not.toHaveProperty('discovery');
  expect(resources[0]?.discovery).toEqual({
    sources: [
      { kind: 'consul', service: 'app', tags: ['a', 'b'], priority: 0 },
      {
        kind: 'dns',
        name: 'app.internal',
        record: 'A',
        port: 80,
        priority: 1,
        locality: { region: '', zone: 'z', subZone: '' },
      },
    ],
    maxStaleMs: 3_600_000,
    floorPercent: 0,
    floorHoldMs: 300_000,
  });
});

test.each([
  ['sources: []', ['clusters.yaml:4:12 saw an empty list; want at least one source']],
  ['sources: [{ kind: consul }]', ['clusters.yaml:4:13 saw no service; want a text']],
  ['sources: [{ kind: consul, service: a, tag: b }]', ['clusters.yaml:4:41 saw the key "tag"; want']],
  ['sources: [{ kind: dns, name: a }]', ['clusters.yaml:4:13 saw no port; want a port with A and AAAA']],
  [
    'sources: [{ kind: dns, name: a, record: SRV, port: 80 }]',
    ['clusters.yaml:4:54 saw the number 80; want a port with A and AAAA, and none with SRV'],
  ],
  [
    'sources: [{ kind: file, path: a, priority: 2 }]',
    [
      'clusters.yaml:4:12 saw a list of 1; want a source of priority 0',
      'clusters.yaml:4:12 saw a list of 1; want a source of priority 1',
    ],
  ],
  [
    'max_stale: soon\nfloor: 101\nsources: [{ kind: registry, service: a }]',
    ['clusters.yaml:4:14', 'clusters.yaml:5:10'],
  ],
])('%s is found, each fault at its place', async (discovery, expected) => {
  const { findings } = await rendered(discovery);
  expect(findings.map(({ rule, resource }) => [rule, resource])).toEqual(
    expected.map(() => ['bad-discovery', 'cluster app']),
  );
  const told = findings.map(({ at, saw, want }) => `${formatLocation(at)} saw ${saw}; want ${want}`).sort();
  expect(told.map((line, index) => line.slice(0, expected[index]?.length))).toEqual(expected);
});

test('it is content: another rule is another digest, and a change that the diff shows', async () => {
  const before = await snapshotWith(CONSUL);
  const after = await snapshotWith('sources: [{ kind: consul, service: app, tags: [a] }]');
  expect(before.digest).not.toBe(after.digest);
  expect((await snapshotWith('sources: [{ kind: consul, service: app, tags: [a, b] }]')).digest).toBe(before.digest);
  const { changed } = diffSnapshots(before, after);
  expect(changed.flatMap(({ fields }) => fields.map(({ kind, field }) => `${kind} ${field}`))).toEqual([
    'removed discovery.sources.consul app.tags[b]',
  ]);
});

test('it goes to another process, and into a delivery and back, as it is', async () => {
  const snapshot = await snapshotWith(CONSUL);
  expect(unpackSnapshot(structuredClone(packSnapshot(snapshot))).resources).toEqual(snapshot.resources);
  const { discovery } = snapshot.resources[0] ?? {};
  const text = JSON.stringify(discovery);
  expect(deliveredDiscovery(JSON.parse(text) as JsonValue)).toEqual(discovery);
  expect(deliveredDiscovery({ ...JSON.parse(text), sources: [{ kind: 'zookeeper' }] })).toBeUndefined();
});
