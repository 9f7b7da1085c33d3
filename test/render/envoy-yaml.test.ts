import { expect, test } from 'vitest';
import { loadMeshConfig } from '../../render/load/load-mesh-config.ts';
import { type RenderedStage, renderStage } from '../../render/render-stage.ts';
import { configOnDisk } from './load/config-on-disk.ts';

async function render(files: Readonly<Record<string, string>>): Promise<RenderedStage> {
  await using config = await configOnDisk({ 'mesh.yaml': 'envoy: [1.40.0]\nstages: [{name: beta}]\n', ...files });
  const { loaded, findings } = await loadMeshConfig(config.dir, { defaultEnvoyVersions: [] });
  const rendered = renderStage(loaded, 'beta');
  return { ...rendered, findings: [...findings, ...rendered.findings] };
}

test('resources are read as Envoy reads them; values and what templates are given keep the types of YAML 1.2', async () => {
  const rendered = await render({
    'values/common.yaml': 'half: 0.50\nflag: y\nbig: 010\n',
    'templates/t.yaml':
      'parameters: {name: {}, ratio: {type: number, default: 0.50}}\nresources:\n  clusters: {name: "${with.name}", own: 1.50, r: "${with.ratio}", on: off}\n',
    'clusters.yaml':
      '- {name: a, own: 5.50, path: y, n: 010, v: "${values.half}", w: "${values.flag}", x: "${values.big}", t: "${values.half}s"}\n- template: t\n  with: {name: b, ratio: 2.50}\n- template: t\n  with: {name: c}\n',
    'bootstrap.yaml': 'a: {b: on}\n',
  });
  expect(rendered.findings).toEqual([]);
  expect(rendered.resources.map(({ body }) => body)).toEqual([
    { name: 'a', own: '5.50', path: true, n: 8, v: 0.5, w: 'y', x: 10, t: '0.5s' },
    { name: 'b', own: '1.50', r: 2.5, on: false },
    { name: 'c', own: '1.50', r: 0.5, on: false },
  ]);
  expect(rendered.bootstrap).toEqual({ a: { b: true } });
});
