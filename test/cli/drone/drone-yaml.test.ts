import { expect, test } from 'vitest';
import { DEFAULT_DRONE_SETTINGS } from '../../../cli/drone/drone-settings.ts';
import { droneYaml } from '../../../cli/drone/drone-yaml.ts';
import type { MeshConfig } from '../../../render/config/mesh-config.ts';
import { DEFAULT_OBSERVE, NO_GATES } from '../../../render/config/stage-defaults.ts';
import type { EnvoyVersion, StageName } from '../../../render/ids.ts';
import { droneProblems } from './drone-rules.ts';

const meshOf = (stages: Readonly<Record<string, readonly string[]>>): MeshConfig => ({
  dir: '/somewhere/config',
  stages: Object.entries(stages).map(([name, versions]) => ({
    name: name as StageName,
    envoys: versions.map((version) => ({ version: version as EnvoyVersion })),
    node: {},
    guards: { defaultPanicThresholdPercent: 50, rehearsalRequestsPerSecond: 50 },
    gates: NO_GATES,
    observe: DEFAULT_OBSERVE,
    target: undefined,
    at: { file: 'mesh.yaml', line: 1, column: 1 },
  })),
  branch: 'main',
  remote: undefined,
  slack: undefined,
  access: undefined,
  owners: [],
});
const MESH = meshOf({ beta: ['1.36.4', '1.40.0'], release: ['1.36.4'] });

test('one pipeline for each cell, after lint, test and screenshots and before the summary', () => {
  const { problems, pipelines } = droneProblems(droneYaml(MESH));
  expect(problems).toEqual([]);
  expect(pipelines.map(({ name }) => name)).toEqual([
    'lint',
    'test',
    'screenshots',
    'verify-beta-1.36.4',
    'verify-beta-1.40.0',
    'verify-release-1.36.4',
    'summary',
  ]);
});

test('a cell’s pipeline runs that cell alone, for pull requests', () => {
  const { pipelines } = droneProblems(droneYaml(MESH));
  const cell = pipelines.find(({ name }) => name === 'verify-beta-1.40.0');
  expect(cell?.trigger).toEqual({ event: ['pull_request'] });
  expect(cell?.steps[0]?.commands?.at(-1)).toBe(
    './mesh verify --stage beta --envoy 1.40.0 --launcher process --report report',
  );
});

test('the summary waits for every cell and shows itself when one failed, too', () => {
  const summary = droneProblems(droneYaml(MESH)).pipelines.at(-1);
  expect(summary?.depends_on).toEqual(['verify-beta-1.36.4', 'verify-beta-1.40.0', 'verify-release-1.36.4']);
  expect(summary?.trigger?.status).toEqual(['success', 'failure']);
  expect(summary?.steps.at(-1)).toMatchObject({
    commands: ['cat report/summary.md'],
    when: { status: ['success', 'failure'] },
  });
});

test('a shared cache is mounted wherever something is verified, which only a trusted repository may', () => {
  const text = droneYaml(MESH, { ...DEFAULT_DRONE_SETTINGS, cacheHostPath: '/var/cache/meshgate' });
  expect(droneProblems(text, { trusted: true }).problems).toEqual([]);
  expect(droneProblems(text).problems).toContain('summary: untrusted repositories cannot mount host volumes');
});

test('a config elsewhere is named in every command, and quoted where a shell needs it', () => {
  const text = droneYaml(MESH, { ...DEFAULT_DRONE_SETTINGS, configDir: 'my mesh' });
  const { problems, pipelines } = droneProblems(text);
  expect(problems).toEqual([]);
  expect(pipelines.at(-1)?.steps[0]?.commands?.at(-1)).toBe(
    "./mesh verify --config 'my mesh' --launcher process --report report",
  );
});

test('nothing in it is taken for one of Drone’s substitutions', () => {
  const text = droneYaml(MESH, { ...DEFAULT_DRONE_SETTINGS, configDir: `${'$'}{DRONE_COMMIT}` });
  expect(droneProblems(text).problems).toEqual([]);
});

test('the same config gives the same bytes', () => {
  expect(droneYaml(MESH)).toBe(droneYaml(meshOf({ beta: ['1.36.4', '1.40.0'], release: ['1.36.4'] })));
});

// The rules themselves must see what they are for.
const GOOD = `kind: pipeline
type: docker
name: a
steps: [{ name: s, image: busybox, commands: [true] }]
trigger: { event: [push] }
`.replace('[true]', '["true"]');
test.each([
  ['an unknown key', GOOD.replace('trigger:', 'triger:'), /triger/],
  ['a matrix', `${GOOD}matrix: { A: [1] }\n`, /matrix/],
  ['two pipelines of one name', `${GOOD}---\n${GOOD}`, /two pipelines/],
  ['a pipeline that is not there', `${GOOD}depends_on: [b]\n`, /depends on b/],
  ['one that comes later', `${GOOD}depends_on: [b]\n---\n${GOOD.replace('name: a', 'name: b')}`, /depends on b/],
  ['itself', `${GOOD}depends_on: [a]\n`, /depends on a/],
  ['privileges', GOOD.replace('image: busybox', 'image: busybox, privileged: true'), /privileged/],
  [
    'a volume that is not there',
    GOOD.replace('image: busybox', 'image: busybox, volumes: [{ name: v, path: /v }]'),
    /no volume v/,
  ],
  ['a start by promotions', GOOD.replace('{ event: [push] }', '{ branch: [main] }'), /promotion/],
  ['a misspelt event', GOOD.replace('[push]', '[pull-request]'), /event/],
  ['a substitution', GOOD.replace('busybox', `"x${'$'}{TAG}"`), /replaced/],
  ['a step without work', GOOD.replace(', commands: ["true"]', ''), /does nothing/],
])('the rules refuse %s', (_, text, problem) => {
  expect(droneProblems(GOOD).problems).toEqual([]);
  expect(droneProblems(text).problems.join('\n')).toMatch(problem);
});
