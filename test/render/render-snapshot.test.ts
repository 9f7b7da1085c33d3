import { expect, test } from 'vitest';
import type { StageName } from '../../render/ids.ts';
import { loadMeshConfig } from '../../render/load/load-mesh-config.ts';
import { type Canonicalise, renderSnapshot } from '../../render/render-snapshot.ts';
import { renderStage } from '../../render/render-stage.ts';
import { configOnDisk } from './load/config-on-disk.ts';

const stage = 'default' as StageName;
/** Takes every resource but those with `bad`. */
const canonicalise: Canonicalise = ({ kind, body, at }) =>
  body.bad === undefined
    ? { resource: { kind, name: String(body.name), body, at }, findings: [] }
    : { findings: [{ rule: 'bad', severity: 'error', at, saw: 'bad', want: 'good' }] };

async function snapshotOf(files: Readonly<Record<string, string>>) {
  await using config = await configOnDisk(files);
  const { loaded } = await loadMeshConfig(config.dir, { defaultEnvoyVersions: ['1.40.0'] });
  return renderSnapshot(stage, renderStage(loaded, stage), canonicalise);
}

test('the digest is of the content: files, order and comments do not matter, values do', async () => {
  const one = await snapshotOf({
    'clusters.yaml': '- {name: b, v: 1}\n- {name: a, v: 2}\n',
    'routes.yaml': 'name: r\n',
  });
  const two = await snapshotOf({
    'clusters/x/a.json': '{"v": 2, "name": "a"}',
    'clusters/b.yaml': '# c\nv: 1\nname: b\n',
    'routes/r.yaml': '- name: "r"\n',
  });
  const other = await snapshotOf({
    'clusters.yaml': '- {name: b, v: 1}\n- {name: a, v: 3}\n',
    'routes.yaml': 'name: r\n',
  });
  expect(one.snapshot?.resources.map(({ name }) => name)).toEqual(['a', 'b', 'r']);
  expect(two.snapshot?.digest).toBe(one.snapshot?.digest);
  expect(other.snapshot?.digest).not.toBe(one.snapshot?.digest);
});

test('a stage with an error in any resource, or of its own, has no snapshot', async () => {
  const bad = await snapshotOf({ 'clusters.yaml': '- {name: a, bad: 1}\n- {name: b}\n' });
  expect(bad).toMatchObject({ snapshot: undefined, findings: [{ rule: 'bad', stage: 'default' }] });
  const twice = await snapshotOf({ 'clusters.yaml': '- name: a\n- name: a\n' });
  expect(twice).toMatchObject({ snapshot: undefined, findings: [{ rule: 'duplicate-resource' }] });
});
