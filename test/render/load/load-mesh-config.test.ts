import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadMeshConfig } from '../../../render/load/load-mesh-config.ts';
import { renderStage } from '../../../render/render-stage.ts';
import { formatLocation } from '../../../render/source-location.ts';
import { configOnDisk } from './config-on-disk.ts';

const OPTIONS = { defaultEnvoyVersions: ['1.40.0'] };
const CORPUS = join(import.meta.dirname, '../../../../shared/corpus');

async function findingsOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<string[]> {
  await using config = await configOnDisk(files);
  const { findings } = await loadMeshConfig(config.dir, OPTIONS);
  return findings.map(({ rule, at }) => `${formatLocation(at)} ${rule}`);
}

describe('loadMeshConfig', () => {
  test('reads folders, single files, nested folders, lists, documents and JSON, in the order of the paths', async () => {
    await using config = await configOnDisk({
      'clusters.yaml': 'name: c1\n',
      'clusters/a.yml': 'name: c2\n---\n- name: c3\n- name: c4\n',
      'clusters/team/b.json': '[{"name": "c5"}]',
      'listeners.json': '{"name": "l"}',
      'routes/r.yaml': 'name: r\n',
      'endpoints.yaml': '- cluster_name: e\n- clusterName: f\n',
      'runtime/r.yaml': 'name: rt\n',
      'bootstrap.yaml': 'admin: {}\n',
      'README.md': 'ignored',
      'lib/x.libsonnet': '{',
      'checks/c.yaml': '[',
    });
    const { config: mesh, loaded, findings } = await loadMeshConfig(config.dir, OPTIONS);
    expect(findings).toEqual([]);
    expect(mesh?.stages.map(({ name, envoys }) => ({ name, envoys }))).toEqual([
      { name: 'default', envoys: [{ version: '1.40.0' }] },
    ]);
    const { resources, bootstrap } = renderStage(loaded, 'default');
    expect(resources.map(({ kind, body }) => `${kind} ${body.name ?? body.cluster_name ?? body.clusterName}`)).toEqual([
      'cluster c1',
      'cluster c2',
      'cluster c3',
      'cluster c4',
      'cluster c5',
      'endpoint e',
      'endpoint f',
      'listener l',
      'route r',
      'runtime rt',
    ]);
    expect(bootstrap).toEqual({ admin: {} });
    expect(resources[3]?.at).toEqual({ file: 'clusters/a.yml', line: 4, column: 3 });
  });

  test('takes the files that Envoy itself reads: `resources:` with an @type in each', async () => {
    const type = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';
    await using config = await configOnDisk({
      'clusters/cds.yaml': `version_info: "0"\nresources:\n- "@type": ${type}\n  name: a\n`,
      'routes/wrong.yaml': `- "@type": ${type}\n  name: b\n`,
    });
    const { loaded, findings } = await loadMeshConfig(config.dir, OPTIONS);
    expect(loaded.items.map(({ body }) => body)).toEqual([{ name: 'a' }]);
    expect(findings).toMatchObject([
      { rule: 'not-a-resource', at: { file: 'routes/wrong.yaml', line: 1, column: 12 } },
    ]);
  });

  test('every problem of every file at once', async () => {
    expect(
      await findingsOf({
        'mesh.yaml': 'stages: []\nstagess: 1\n',
        'clusters/a.yaml': 'a:\n\tb: 1\n',
        'clusters/b.json': '{"a": }',
        'routes.yaml': '- 1\n- name: r\n- x\n',
        'values/common.yaml': '- a\n',
      }),
    ).toEqual([
      'clusters/a.yaml:2:1 yaml-syntax',
      'clusters/b.json:1:7 json-syntax',
      'routes.yaml:1:3 not-a-resource',
      'routes.yaml:3:3 not-a-resource',
      'values/common.yaml:1:1 not-a-mapping',
      'mesh.yaml:1:9 mesh-value',
      'mesh.yaml:2:1 mesh-unknown-key',
    ]);
  });

  test('a 50 MB file is refused by its size, without being read', async () => {
    await using config = await configOnDisk({ 'clusters/big.yaml': 'a: 1\n', 'clusters/ok.yaml': 'name: a\n' });
    await truncate(join(config.dir, 'clusters/big.yaml'), 50 * 1024 * 1024);
    const before = process.memoryUsage().rss;
    const { findings, loaded } = await loadMeshConfig(config.dir, OPTIONS);
    expect(findings).toMatchObject([
      { rule: 'file-too-large', at: { file: 'clusters/big.yaml', line: 1, column: 1 }, saw: '50.0 MiB' },
    ]);
    expect(loaded.items).toHaveLength(1);
    expect(process.memoryUsage().rss - before).toBeLessThan(40 * 1024 * 1024);
  });

  test.each([
    ['a stray byte', Buffer.concat([Buffer.from('a: é\nb: '), Buffer.from([0xe9, 0x0a])]), '2:4'],
    ['a cut character at the end', Buffer.concat([Buffer.from('a: '), Buffer.from([0xe2, 0x82])]), '1:4'],
    ['UTF-16', Buffer.from('a: 1\n', 'utf16le').subarray(0), undefined],
    ['a byte order mark of UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('a: 1', 'utf16le')]), '1:1'],
  ])('not UTF-8: %s', async (_, bytes, place) => {
    const found = await findingsOf({ 'clusters/a.yaml': bytes });
    if (place === undefined) expect(found[0]).toMatch(/yaml-syntax|not-a-resource/);
    else expect(found).toEqual([`clusters/a.yaml:${place} not-utf8`]);
  });

  test('U+FFFD itself is text like any other', async () => {
    expect(await findingsOf({ 'clusters/a.yaml': 'name: "\ufffd"\n' })).toEqual([]);
  });

  test('symbolic links: loops and ways out are refused, links within are followed', async () => {
    await using outside = await configOnDisk({ 'x.yaml': 'name: secret\n' });
    await using config = await configOnDisk({ 'clusters/a.yaml': 'name: a\n', 'shared/more.yaml': 'name: b\n' });
    await symlink('..', join(config.dir, 'clusters/up'));
    await symlink('self.yaml', join(config.dir, 'clusters/self.yaml'));
    await symlink(join(outside.dir, 'x.yaml'), join(config.dir, 'clusters/x.yaml'));
    await symlink(outside.dir, join(config.dir, 'routes'));
    await symlink('../shared/more.yaml', join(config.dir, 'clusters/more.yaml'));
    await symlink('nowhere.yaml', join(config.dir, 'clusters/z.yaml'));
    const { findings, loaded } = await loadMeshConfig(config.dir, OPTIONS);
    expect(findings.map(({ rule, at }) => `${at.file} ${rule}`).sort()).toEqual([
      'clusters/self.yaml symlink-loop',
      'clusters/up symlink-loop',
      'clusters/x.yaml path-outside-config',
      'clusters/z.yaml file-unreadable',
      'routes path-outside-config',
    ]);
    expect(loaded.items.map(({ body }) => body.name)).toEqual(['a', 'b']);
  });

  test('a pipe is not waited for', async () => {
    await using config = await configOnDisk({ 'clusters/a.yaml': 'name: a\n' });
    execFileSync('mkfifo', [join(config.dir, 'clusters/pipe.yaml')]);
    const { findings } = await loadMeshConfig(config.dir, OPTIONS);
    expect(findings).toMatchObject([{ rule: 'file-unreadable', at: { file: 'clusters/pipe.yaml' } }]);
  });

  test('no such directory', async () => {
    const { config, findings } = await loadMeshConfig('/nowhere/at/all', OPTIONS);
    expect(config).toBeUndefined();
    expect(findings).toMatchObject([{ rule: 'config-not-found', at: { file: '/nowhere/at/all' } }]);
  });

  test('what nothing reads is said where it looks like a slip', async () => {
    expect(
      await findingsOf({
        'cluster.yaml': 'a: 1\n',
        'route/a.yaml': 'a: 1\n',
        'stages/beta.yaml': 'a: 1\n',
        'docker-compose.yaml': 'a: 1\n',
        'src/x.yaml': 'a: 1\n',
      }),
    ).toEqual(['cluster.yaml:1:1 unused-file', 'route/a.yaml:1:1 unused-file', 'stages/beta.yaml:1:1 unused-file']);
  });

  test('values and overlays of a stage that is not there', async () => {
    expect(
      await findingsOf({
        'mesh.yaml': 'envoy: [1.40.0]\nstages: [{name: beta}]\n',
        'values/common.yaml': 'a: 1\n',
        'values/bet.yaml': 'a: 1\n',
        'stages/canary/clusters/x.yaml': 'name: a\n',
        'stages/canary/clusters/y.yaml': 'name: b\n',
      }),
    ).toEqual(['stages/canary/clusters/x.yaml:1:1 unknown-stage', 'values/bet.yaml:1:1 unknown-stage']);
  });

  test('an aborted signal ends it', async () => {
    await using config = await configOnDisk({ 'clusters/a.yaml': 'name: a\n' });
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(loadMeshConfig(config.dir, { ...OPTIONS, signal })).rejects.toThrow('stopped');
  });

  test('a Jsonnet file without an evaluator is a finding', async () => {
    expect(await findingsOf({ 'clusters/a.jsonnet': '{}' })).toEqual(['clusters/a.jsonnet:1:1 jsonnet-missing']);
  });

  test.skipIf(!existsSync(CORPUS))(
    'real configurations raise nothing (skipped where the corpus is not beside the repository)',
    async () => {
      const sets = readdirSync(join(CORPUS, 'good'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
      expect(sets.length).toBeGreaterThan(100);
      for (const { name } of sets) {
        const { config, loaded, findings } = await loadMeshConfig(join(CORPUS, 'good', name), OPTIONS);
        expect({ name, findings }).toEqual({ name, findings: [] });
        const rendered = renderStage(loaded, config?.stages[0]?.name ?? '').findings;
        expect({ name, findings: rendered.filter(({ rule }) => rule !== 'unnamed-listener') }).toEqual({
          name,
          findings: [],
        });
      }
    },
  );
});
