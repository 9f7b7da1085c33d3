import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { mergeStages, type StageValidation, sortFindings, validateStage } from '../../conformance/validate.ts';
import type { Stage } from '../../render/config/mesh-config.ts';
import { DEFAULT_OBSERVE, NO_GATES } from '../../render/config/stage-defaults.ts';
import type { Finding } from '../../render/finding.ts';
import type { EnvoyVersion, StageName } from '../../render/ids.ts';
import { RESOURCE_TYPES, type ResourceKind, type WrittenResource } from '../../render/resource.ts';

const AT = { file: 'mesh.yaml', line: 1, column: 1 };
const stageOf = (name: string, ...versions: string[]): Stage => ({
  name: name as StageName,
  envoys: versions.map((version) => ({ version: version as EnvoyVersion })),
  node: {},
  guards: { defaultPanicThresholdPercent: 50, rehearsalRequestsPerSecond: 100 },
  gates: NO_GATES,
  observe: DEFAULT_OBSERVE,
  target: undefined,
  at: AT,
});
const written = (texts: Partial<Record<ResourceKind, string>>): WrittenResource[] =>
  Object.entries(texts).flatMap(([key, text]) => {
    const kind = key as ResourceKind;
    const file = `${RESOURCE_TYPES[kind].folder}.yaml`;
    return (parse(text) as WrittenResource['body'][]).map((body, index) => ({
      kind,
      body,
      at: { file, line: index + 1, column: 1 },
    }));
  });
const APP = `
- name: app
  load_assignment:
    cluster_name: app
    endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 80 } } } }] }]
`;
const HCM = `type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`;
const ROUTER = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router';
const EDGE = `
- name: edge
  address: { socket_address: { address: 127.0.0.1, port_value: 8000 } }
  filter_chains:
    - filters:
        - name: hcm
          typed_config:
            "@type": ${HCM}
            stat_prefix: edge
            rds: { route_config_name: web, config_source: { ads: {} } }
            http_filters: [{ name: router, typed_config: { "@type": ${ROUTER} } }]
`;
const web = (route: string): string =>
  `- { name: web, virtual_hosts: [{ name: all, domains: ["*"], routes: [${route}] }] }`;
const TO_APP = '{ match: { prefix: / }, route: { cluster: app } }';
const ALL = ['1.36.4', '1.40.0'];
const validate = (
  texts: Partial<Record<ResourceKind, string>>,
  findings: Finding[] = [],
  versions = ALL,
): StageValidation => validateStage(stageOf('beta', ...versions), { resources: written(texts), findings });
const rules = ({ findings }: StageValidation): string[] => findings.map(({ rule }) => rule);

describe('a stage', () => {
  test('without a fault renders to its snapshot', () => {
    const { findings, snapshot } = validate({ cluster: APP, listener: EDGE, route: web(TO_APP) });
    expect(findings).toEqual([]);
    expect(snapshot?.resources.map(({ name }) => name)).toEqual(['app', 'edge', 'web']);
  });

  test('tells faults of the API and of the whole at once, and has no snapshot then', () => {
    const route = '{ match: { prefix: / }, rout: {}, route: { cluster: ap } }';
    const result = validate({ cluster: APP, listener: EDGE, route: web(route) });
    expect(rules(result).sort()).toEqual(['unknown-cluster', 'unknown-field']);
    expect(result.snapshot).toBeUndefined();
  });

  test('names the Envoy versions that a fault holds for', () => {
    const route =
      '{ match: { prefix: /, cookies: [{ name: b, string_match: { exact: x } }] }, route: { cluster: app } }';
    const texts = { cluster: APP, listener: EDGE, route: web(route) };
    expect(validate(texts).findings).toMatchObject([{ rule: 'unknown-field', envoy: ['1.36.4'], stage: 'beta' }]);
    expect(validate(texts, [], ['1.40.0']).findings).toEqual([]);
  });

  test('says nothing that follows only from what could not be read', () => {
    // The type is misspelt: whether eds_cluster_config belongs there cannot be said.
    const misspelt = `- { name: app, type: EDSS, eds_cluster_config: { eds_config: { ads: {} } } }`;
    const endpoints = '- cluster_name: app';
    const result = validate({ cluster: misspelt, endpoint: endpoints, listener: EDGE, route: web(TO_APP) });
    expect(rules(result)).toEqual(['unknown-enum-value']);
    // A file that cannot be read may hold the cluster.
    const unread: Finding = { rule: 'yaml-syntax', severity: 'error', at: AT, saw: 'a', want: 'b' };
    expect(rules(validate({ listener: EDGE, route: web(TO_APP) }, [unread]))).toEqual(['yaml-syntax']);
    expect(rules(validate({ listener: EDGE, route: web(TO_APP) }))).toEqual(['unknown-cluster']);
  });
});

describe('findings of several stages', () => {
  const finding = (line: number, more: Partial<Finding> = {}): Finding => ({
    rule: 'unknown-field',
    severity: 'error',
    at: { file: 'a.yaml', line, column: 1 },
    saw: 'x',
    want: 'y',
    ...more,
  });
  const stage = (name: string, ...findings: Finding[]): StageValidation => ({
    stage: stageOf(name, ...ALL),
    snapshot: undefined,
    findings: findings.map((one) => ({ ...one, stage: name })),
  });

  test('are said once, with the stages that they hold for unless those are all', () => {
    const merged = mergeStages([stage('beta', finding(1), finding(2)), stage('canary', finding(2))]);
    expect(merged).toEqual([{ ...finding(1), stage: 'beta' }, finding(2)]);
  });

  test('name the versions only where some stage does', () => {
    const envoy = ['1.36.4'];
    expect(mergeStages([stage('beta', finding(1, { envoy }))])).toMatchObject([{ envoy, stage: 'beta' }]);
    const both = mergeStages([stage('beta', finding(1, { envoy })), stage('canary', finding(1))]);
    expect(both).toEqual([{ ...finding(1), envoy: ALL }]);
  });

  test('are sorted by file, line and column', () => {
    const places = sortFindings([
      finding(10),
      finding(9),
      { ...finding(1), at: { file: 'A.yaml', line: 30, column: 1 } },
    ]);
    expect(places.map(({ at }) => `${at.file}:${at.line}`)).toEqual(['A.yaml:30', 'a.yaml:9', 'a.yaml:10']);
  });
});
