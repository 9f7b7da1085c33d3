import { describe, expect, test } from 'vitest';
import type { Finding } from '../../render/finding.ts';
import { loadMeshConfig } from '../../render/load/load-mesh-config.ts';
import { locate, viaOf } from '../../render/places.ts';
import { type RenderedStage, renderStage } from '../../render/render-stage.ts';
import { formatLocation } from '../../render/source-location.ts';
import { configOnDisk } from './load/config-on-disk.ts';

const MESH = 'envoy: [1.40.0]\nstages: [{name: beta}, {name: release}]\n';

async function render(files: Readonly<Record<string, string>>, stage = 'beta'): Promise<RenderedStage> {
  await using config = await configOnDisk({ 'mesh.yaml': MESH, ...files });
  const { loaded, findings } = await loadMeshConfig(config.dir, { defaultEnvoyVersions: [] });
  const rendered = renderStage(loaded, stage);
  return { ...rendered, findings: [...findings, ...rendered.findings] };
}
const bodies = ({ resources }: RenderedStage) => resources.map(({ body }) => body);
const line = ({ at, rule, via }: Finding): string =>
  `${formatLocation(at)} ${rule}${(via ?? []).map((use) => ` < ${formatLocation(use)}`).join('')}`;
const lines = ({ findings }: RenderedStage): string[] => findings.map(line);

describe('values', () => {
  const values = {
    'values/common.yaml': 'domain: example.com\nlimits: {max: 10, min: 1}\nlist: [1, 2]\non: false\n',
    'values/beta.yaml': 'domain: ${stage}.example.com\nlimits: {max: 5}\nhosts: &h [{host: a, port: 80}]\n',
  };

  test('a whole expression keeps the type; in a text it is joined; $${ is a literal', async () => {
    const text =
      'name: c\nn: ${values.limits.max}\nt: "x ${values.limits.max} ${stage} ${values.on}"\nm: ${values.limits}\nl: ["${values.list.1}"]\ne: $${values.x}\n"${values.k}": 1\n';
    const rendered = await render({ ...values, 'clusters.yaml': text });
    expect(rendered.findings).toEqual([]);
    expect(bodies(rendered)).toEqual([
      { name: 'c', n: 5, t: 'x 5 beta false', m: { max: 5, min: 1 }, l: [2], e: '${values.x}', '${values.k}': 1 },
    ]);
    const release = await render(
      { ...values, 'clusters.yaml': 'name: c\nn: ${values.limits.max}\nd: ${values.domain}\n' },
      'release',
    );
    expect(bodies(release)).toEqual([{ name: 'c', n: 10, d: 'example.com' }]);
  });

  test('a mapping from the values stands in the values file, and names the line that used it', async () => {
    const { resources } = await render({ ...values, 'clusters.yaml': 'name: c\nhosts: ${values.hosts}\n' });
    const body = resources[0]?.body ?? {};
    expect(locate(body, ['hosts', 0, 'port'])).toEqual({ file: 'values/beta.yaml', line: 3, column: 28 });
    expect(viaOf((body.hosts as object[])[0] ?? {})).toEqual([{ file: 'clusters.yaml', line: 2, column: 8 }]);
  });

  test('every problem has its place and the nearest names', async () => {
    const text =
      'name: c\na: ${values.domian}\nb: x${values.limits}\nc: ${values.limits.max.x}\nd: ${values.}\ne: ${with.x}\nf: ${value.x}\ng: [0, "${values.list.7}"]\nh: ${values.list.length}\n';
    const rendered = await render({ ...values, 'clusters.yaml': text });
    expect(lines(rendered)).toEqual([
      'clusters.yaml:2:4 unknown-value',
      'clusters.yaml:3:4 value-kind',
      'clusters.yaml:4:4 unknown-value',
      'clusters.yaml:5:4 bad-expression',
      'clusters.yaml:6:4 bad-expression',
      'clusters.yaml:7:4 unlikely-text',
      'clusters.yaml:8:8 unknown-value',
      'clusters.yaml:9:4 unknown-value',
    ]);
    expect(rendered.findings[0]?.want).toMatch(/did you mean domain\?/);
    expect(rendered.findings[0]?.stage).toBe('beta');
    expect(rendered.findings[5]?.severity).toBe('warning');
  });

  test('values do not refer to values', async () => {
    const rendered = await render({ 'values/beta.yaml': 'a: 1\nb: ${values.a}\n', 'clusters.yaml': 'name: c\n' });
    expect(lines(rendered)).toEqual(['values/beta.yaml:2:4 bad-expression']);
  });

  test('a mapping with a false $if is left out', async () => {
    const text =
      '- name: a\n  x: {$if: "${values.on}", y: 1}\n  z: [{$if: true, w: 1}, {$if: false}]\n- $if: ${values.on}\n  name: b\n';
    expect(bodies(await render({ ...values, 'clusters.yaml': text }))).toEqual([{ name: 'a', z: [{ w: 1 }] }]);
  });

  test('text that multiplies itself is refused in bounded memory', async () => {
    const parameters = 'parameters: {x: }\nresources:\n  clusters:\n';
    const doubled = '"${with.x}${with.x}${with.x}${with.x}${with.x}${with.x}${with.x}${with.x}"';
    const files: Record<string, string> = {};
    for (let i = 0; i < 12; i += 1)
      files[`templates/t${i}.yaml`] = `${parameters}    - {template: t${i + 1}, with: {x: ${doubled}}}\n`;
    files['templates/t12.yaml'] = `${parameters}    - name: \${with.x}\n`;
    const rendered = await render({ ...files, 'clusters.yaml': 'template: t0\nwith: {x: abc}\n' });
    expect(rendered.findings[0]).toMatchObject({ rule: 'too-many-nodes' });
  });
});

describe('templates', () => {
  const template = {
    'templates/svc.yaml': [
      'description: a service',
      'parameters:',
      '  name: { type: string }',
      '  port: { type: integer, default: 80 }',
      '  retries: { type: integer, required: false }',
      '  mode: { enum: [fast, slow], default: fast }',
      '  host: { default: "${with.name}.${values.domain}" }',
      '  extra: { type: mapping, required: false }',
      'resources:',
      '  clusters:',
      '    - name: ${with.name}',
      '      port: ${with.port}',
      '      host: ${with.host}',
      '      extra: ${with.extra}',
      '      retry: { $if: "${with.retries}", n: "${with.retries}" }',
      '      deep: { bad: "${values.nope}" }',
      '  virtual_hosts:',
      '    - into: edge',
      '      name: ${with.name}',
      '      domains: ["${with.host}"]',
      '',
    ].join('\n'),
    'values/common.yaml': 'domain: example.com\nnope: 1\n',
  };
  const edge = { 'routes/edge.yaml': 'name: edge\nvirtual_hosts:\n- name: own\n' };

  test('one use gives all resources of an instance; what is absent is left out', async () => {
    const use =
      '- template: svc\n  with: {name: a, retries: 3, extra: {k: 1}}\n- template: svc\n  with:\n    name: b\n    port: 81\n';
    const rendered = await render({ ...template, ...edge, 'clusters.yaml': use });
    expect(rendered.findings).toEqual([]);
    expect(bodies(rendered)).toEqual([
      { name: 'a', port: 80, host: 'a.example.com', extra: { k: 1 }, retry: { n: 3 }, deep: { bad: 1 } },
      { name: 'b', port: 81, host: 'b.example.com', deep: { bad: 1 } },
      {
        name: 'edge',
        virtual_hosts: [
          { name: 'own' },
          { name: 'a', domains: ['a.example.com'] },
          { name: 'b', domains: ['b.example.com'] },
        ],
      },
    ]);
    const [a, , route] = rendered.resources;
    expect(a?.at).toEqual({ file: 'templates/svc.yaml', line: 11, column: 7 });
    expect(viaOf(a?.body ?? {})).toEqual([{ file: 'clusters.yaml', line: 1, column: 13 }]);
    expect(locate(a?.body ?? {}, ['extra', 'k'])).toMatchObject({ file: 'clusters.yaml', line: 2 });
    expect(locate(route?.body ?? {}, ['virtual_hosts', 2, 'domains'])).toMatchObject({
      file: 'templates/svc.yaml',
      line: 20,
    });
  });

  test('an error inside an instance names the template and the line that used it', async () => {
    const files = {
      ...template,
      ...edge,
      'values/common.yaml': 'domain: d\n',
      'clusters.yaml': '- template: svc\n  with: {name: a}\n',
    };
    expect(lines(await render(files))).toEqual(['templates/svc.yaml:16:20 unknown-value < clusters.yaml:1:13']);
  });

  test.each([
    ['missing', '- template: svc\n  with: {port: 1}\n', ['clusters.yaml:2:9 missing-parameter']],
    ['missing with nothing given', 'template: svc\n', ['clusters.yaml:1:11 missing-parameter']],
    ['unknown', '- template: svc\n  with: {name: a, prt: 1}\n', ['clusters.yaml:2:19 unknown-parameter']],
    [
      'of another kind',
      '- template: svc\n  with: {name: 1, port: x}\n',
      ['clusters.yaml:2:16 parameter-kind', 'clusters.yaml:2:25 parameter-kind'],
    ],
    ['not of the enum', '- template: svc\n  with: {name: a, mode: fats}\n', ['clusters.yaml:2:25 parameter-kind']],
    ['unresolved', '- template: svc\n  with: {name: a, port: "${values.x}"}\n', ['clusters.yaml:2:25 unknown-value']],
    ['not a mapping', '- template: svc\n  with: [a]\n', ['clusters.yaml:2:9 bad-template-use']],
    ['beside `with`', '- template: svc\n  name: a\n  with: {name: a}\n', ['clusters.yaml:2:3 bad-template-use']],
    ['an unknown template', '- template: scv\n', ['clusters.yaml:1:13 unknown-template']],
  ])('parameters: %s', async (_, use, expected) => {
    const rendered = await render({ ...template, ...edge, 'clusters.yaml': use });
    expect(lines(rendered)).toEqual(expected);
  });

  test('templates may use templates; both uses are named', async () => {
    const rendered = await render({
      'templates/a.yaml':
        'parameters: {n: , x: {required: false}}\nresources:\n  clusters:\n    - template: b\n      with: {n: "${with.n}-b", x: "${with.x}"}\n',
      'templates/b.yaml':
        'parameters: {n: , x: {required: false}}\nresources:\n  clusters: {name: "${with.n}", x: "${with.x}", y: {}}\n',
      'clusters.yaml': '- {template: a, with: {n: q}}\n',
    });
    expect(rendered.findings).toEqual([]);
    expect(bodies(rendered)).toEqual([{ name: 'q-b', y: {} }]);
    expect(viaOf(rendered.resources[0]?.body ?? {}).map(formatLocation)).toEqual([
      'templates/a.yaml:4:17',
      'clusters.yaml:1:14',
    ]);
  });

  test('a template that uses itself, through another', async () => {
    const rendered = await render({
      'templates/a.yaml': 'resources: {clusters: [{template: b}]}\n',
      'templates/b.yaml': 'resources:\n  clusters: [{template: a}]\n',
      'clusters.yaml': 'template: a\n',
    });
    expect(lines(rendered)).toEqual([
      'templates/b.yaml:2:25 template-cycle < templates/a.yaml:1:35 < clusters.yaml:1:11',
    ]);
    expect(rendered.findings[0]?.saw).toBe('a → b → a');
  });

  test('templates that multiply each other are refused', async () => {
    const files: Record<string, string> = { 'clusters.yaml': 'template: t0\n' };
    for (let i = 0; i < 9; i += 1)
      files[`templates/t${i}.yaml`] = `resources: {clusters: [${Array(10)
        .fill(`{template: t${i + 1}}`)
        .join(', ')}]}\n`;
    files['templates/t9.yaml'] = 'resources: {}\n';
    const rendered = await render(files);
    expect(rendered.findings.map(({ rule }) => rule)).toEqual(['too-many-nodes']);
  });

  test('a template that is not well-formed', async () => {
    const rendered = await render({
      'templates/a.yaml':
        'paramters: {}\nparameters: {x: {type: strng, default: 1}, "b d": }\nresources: {cluster: []}\n',
      'templates/b.yaml':
        'parameters: {x: {type: integer, default: "1"}}\nresources: {clusters: [{name: "${with.y}"}]}\n',
      'templates/c.yaml': 'name: b\nresources: {}\n',
      'templates/d.yaml': '- 1\n',
    });
    expect(lines(rendered)).toEqual([
      'templates/a.yaml:2:24 bad-template',
      'templates/a.yaml:2:44 bad-template',
      'templates/a.yaml:3:13 bad-template',
      'templates/a.yaml:1:1 bad-template',
      'templates/b.yaml:1:42 bad-template',
      'templates/b.yaml:2:31 unknown-parameter',
      'templates/c.yaml:1:1 duplicate-template',
      'templates/d.yaml:1:1 bad-template',
    ]);
  });

  test('a virtual host for a route configuration that is not there', async () => {
    const rendered = await render({
      ...template,
      'routes.yaml': 'name: edge2\n',
      'clusters.yaml': '- {template: svc, with: {name: a}}\n',
    });
    expect(lines(rendered)).toEqual(['templates/svc.yaml:18:13 unknown-route-configuration < clusters.yaml:1:14']);
  });
});

describe('stages and names', () => {
  test('an overlay adds, and replaces what has the same kind and name', async () => {
    const files = {
      'clusters.yaml': '- {name: a, v: 1}\n- {name: b, v: 1}\n',
      'stages/beta/clusters.yaml': '- {name: b, v: 2}\n- {name: c, v: 2}\n',
      'stages/beta/routes/b.json': '{"name": "b"}',
      'bootstrap.yaml': 'v: 1\n',
      'stages/beta/bootstrap.yaml': 'v: 2\n',
    };
    const beta = await render(files);
    expect(bodies(beta)).toEqual([{ name: 'a', v: 1 }, { name: 'b', v: 2 }, { name: 'c', v: 2 }, { name: 'b' }]);
    expect(beta.bootstrap).toEqual({ v: 2 });
    const release = await render(files, 'release');
    expect(bodies(release)).toEqual([
      { name: 'a', v: 1 },
      { name: 'b', v: 1 },
    ]);
    expect(release.bootstrap).toEqual({ v: 1 });
  });

  test('names: twice, none, of another kind', async () => {
    const rendered = await render({
      'clusters.yaml': '- name: a\n- name: b\n- v: 1\n- name: 1\n',
      'clusters/z.yaml': '- name: a\n',
      'endpoints.yaml': '- name: a\n- cluster_name: a\n- clusterName: a\n',
      'listeners.yaml': '- address: {}\n- name: ""\n',
    });
    expect(lines(rendered)).toEqual([
      'clusters.yaml:3:3 missing-name',
      'clusters.yaml:4:9 missing-name',
      'clusters/z.yaml:1:9 duplicate-resource',
      'endpoints.yaml:1:3 missing-name',
      'endpoints.yaml:3:16 duplicate-resource',
      'listeners.yaml:1:3 missing-name',
      'listeners.yaml:2:9 missing-name',
    ]);
  });

  test('one listener without a name gets one, with a warning', async () => {
    const rendered = await render({ 'listeners.yaml': '- address: {}\n- name: b\n' });
    expect(rendered.findings).toMatchObject([
      { rule: 'unnamed-listener', severity: 'warning', at: { line: 1, column: 3 } },
    ]);
    expect(bodies(rendered).map(({ name }) => name)).toEqual(['unnamed-listener', 'b']);
  });
});
