import { access, constants, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { droneYaml } from '../../cli/drone/drone-yaml.ts';
import { parseChecks } from '../../conformance/checks/declared/parse-checks.ts';
import { renderFinding } from '../../render/finding.ts';
import type { JsonValue } from '../../render/json.ts';
import { loadMeshConfig } from '../../render/load/load-mesh-config.ts';
import { renderStage } from '../../render/render-stage.ts';
import { droneProblems } from '../cli/drone/drone-rules.ts';
import { mutatedSample, SAMPLE_DIR } from './mutate.ts';
import { MUTATIONS } from './mutations.ts';

const STAGES = ['beta', 'staging', 'canary', 'release'];
const VERSIONS = ['1.36.4', '1.37.0', '1.38.3', '1.39.3', '1.40.0'];

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'meshgate-sample-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function rendered(dir: string, stage: string) {
  const { loaded, config, findings } = await loadMeshConfig(dir, { defaultEnvoyVersions: [] });
  const of = renderStage(loaded, stage);
  return {
    config,
    resources: of.resources,
    generators: of.generators,
    findings: [...findings, ...of.findings].map(renderFinding),
  };
}

async function declaredChecks() {
  const dir = path.join(SAMPLE_DIR, 'checks');
  const files = (await readdir(dir)).filter((name) => name.endsWith('.yaml'));
  const parsed = await Promise.all(
    files.map(async (file) => {
      const documents = parseAllDocuments(await readFile(path.join(dir, file), 'utf8'));
      return parseChecks(
        `checks/${file}`,
        documents.map((document) => document.toJS() as JsonValue),
        { stages: STAGES },
      );
    }),
  );
  return { checks: parsed.flatMap(({ checks }) => checks), findings: parsed.flatMap(({ findings }) => findings) };
}

test('four stages run five Envoy versions each', async () => {
  const { config } = await rendered(SAMPLE_DIR, 'beta');
  expect(config?.stages.map(({ name }) => name)).toEqual(STAGES);
  for (const { envoys } of config?.stages ?? []) expect(envoys.map(({ version }) => version)).toEqual(VERSIONS);
});

test.each(STAGES)('%s renders without a finding', async (stage) => {
  const { findings, resources } = await rendered(SAMPLE_DIR, stage);
  expect(findings).toEqual([]);
  expect(resources.length).toBeGreaterThan(30);
});

test('stages differ', async () => {
  const bodies = await Promise.all(
    STAGES.map(async (stage) => JSON.stringify((await rendered(SAMPLE_DIR, stage)).resources)),
  );
  expect(new Set(bodies).size).toBe(STAGES.length);
});

test('declared checks are well-formed, and no two have one name', async () => {
  const { checks, findings } = await declaredChecks();
  expect(findings.map(renderFinding)).toEqual([]);
  const names = checks.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test('the script has its run bit', async () => {
  await access(path.join(SAMPLE_DIR, 'checks/clusters-ready.mjs'), constants.X_OK);
});

// Whether the named check then fails is for real Envoys to say; here, that the mutation changes what it should and nothing else breaks.
test.each(MUTATIONS)(
  'taking out $feature changes what $stage renders, and $check is there to see it',
  async (mutation) => {
    const dir = path.join(scratch, mutation.feature.replaceAll(/\W+/g, '-'));
    await mutatedSample(dir, mutation);
    const before = await rendered(SAMPLE_DIR, mutation.stage);
    const after = await rendered(dir, mutation.stage);
    expect(after.findings).toEqual([]);
    const contentOf = ({ resources, generators }: typeof before) => JSON.stringify([resources, generators]);
    expect(contentOf(after)).not.toBe(contentOf(before));
    if (mutation.check.endsWith('.mjs')) return;
    const check = (await declaredChecks()).checks.find(({ name }) => name === mutation.check);
    expect(check, mutation.check).toBeDefined();
    expect(check?.stages ?? STAGES).toContain(mutation.stage);
  },
);

test('every declared check is what some mutation is caught by', async () => {
  const caught = new Set(MUTATIONS.map(({ check }) => check));
  const { checks } = await declaredChecks();
  expect(checks.map(({ name }) => name).filter((name) => !caught.has(name))).toEqual(NOT_A_FEATURE);
});
// Other stages' turn of what a mutation is for, and what is passed through untouched.
const NOT_A_FEATURE = [
  'what pricing says is passed on',
  'payments moves (canary)',
  'payments moves (release)',
  'search moves (canary)',
  'search stays (release)',
];

test('.drone.yml is what ./mesh drone writes for the sample mesh, and obeys Drone’s rules', async () => {
  const { config } = await rendered(SAMPLE_DIR, 'beta');
  const committed = await readFile(path.join(SAMPLE_DIR, '../.drone.yml'), 'utf8');
  expect(config && droneYaml(config)).toBe(committed);
  const { problems, pipelines } = droneProblems(committed);
  expect(problems).toEqual([]);
  expect(pipelines.filter(({ name }) => name.startsWith('verify-'))).toHaveLength(STAGES.length * VERSIONS.length);
});
