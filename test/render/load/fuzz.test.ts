import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseMeshConfig } from '../../../render/config/parse-mesh-config.ts';
import type { JsonObject, JsonValue } from '../../../render/json.ts';
import { isJsonObject } from '../../../render/json.ts';
import { readPlacedJson } from '../../../render/load/json/read-placed-json.ts';
import type { Loaded } from '../../../render/load/loaded.ts';
import { resourceBodies } from '../../../render/load/resource-bodies.ts';
import { readTemplate } from '../../../render/load/templates/read-template.ts';
import { readPlacedYaml } from '../../../render/load/yaml/read-placed-yaml.ts';
import { renderStage } from '../../../render/render-stage.ts';
import { sourceFile } from '../../../render/source-location.ts';

// No input may crash or hang the loader, and every finding stands in its file. Seeded, so that a failure can be had again.
const RUNS = { yaml: 5_000, whole: 3_000, mesh: 1_000, json: 1_500 };
const SLOWEST_MS = 5_000;

const SEEDS = [
  '- name: payments\n  type: EDS\n  connect_timeout: ${values.timeout}\n  lb: {policy: "ROUND_ROBIN", n: 1}\n  # c\n  hosts: &h\n  - {address: a, port: 80}\n  - *x\n',
  "a: &a {x: 1}\nb:\n  <<: *a\n  text: |\n    line ${stage}\n    $${x}\n---\n- \"q\\n\"\n- 'it''s'\n- ? k\n  : v\n",
  '- template: svc\n  with: {name: a, retries: 3, extra: ["${values.list}"]}\n- {template: svc}\n',
  '- name: a\n  v: ${values.nested}\n  t: x-${stage}\n- name: b\n- {template: svc, with: {name: c}}\n',
  'template: loop\nwith: {name: ${with.name}}\n',
];
const MESH =
  'envoy: ["1.40.0"]\nstages:\n- name: beta\n  gates: {soak: 30m, freeze: [{start: "0 1 * * *", duration: 1h, time_zone: UTC, reason: r}]}\n  target: {kind: git, repository: r, branch: b}\n';
const TEMPLATE =
  'parameters:\n  name: {type: string}\n  retries: {type: integer, required: false}\n  extra: {default: "${with.name}"}\nresources:\n  clusters:\n  - name: ${with.name}\n    n: {$if: "${with.retries}", r: "${with.extra}"}\n  - template: svc2\n    with: {name: "${with.name}${with.name}"}\n  virtual_hosts: {into: edge, name: "${with.name}"}\n';
const VALUES = 'timeout: 1s\nlist: [1, {a: b}]\nnested: {a: {b: c}}\ns: ${stage}\n';
const PIECES = [
  '\n',
  '\n  ',
  '\t',
  ' ',
  ': ',
  '- ',
  '? ',
  '| ',
  '>-',
  '&a ',
  '*a',
  '<<: ',
  '!!str ',
  '!x ',
  '"',
  "'",
  '{',
  '}',
  '[',
  ']',
  ',',
  '#',
  ' #',
  '---\n',
  '...\n',
  '%YAML 1.2\n',
  '${',
  '$${',
  '}',
  '${values.',
  '${values.list}',
  '${with.name}',
  '${stage}',
  '$if: ',
  '~',
  'null',
  '0x',
  '1e999',
  '__proto__: ',
  'constructor: ',
  'template: ',
  'with: ',
  'name: ',
  '\r\n',
  '\u0000',
  '\ufeff',
  '\u2028',
  '\ud800',
  '😀',
  '\\',
  '@',
  '`',
  '18446744073709551616',
];

const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.nat(12),
  piece: fc.constantFrom(...PIECES),
  times: fc.constantFrom(1, 1, 1, 2, 40),
});
const mutated = (texts: readonly string[]) =>
  fc.tuple(fc.constantFrom(...texts), fc.array(mutation, { minLength: 1, maxLength: 6 })).map(([text, mutations]) =>
    mutations.reduce((before, { at, cut, piece, times }) => {
      const offset = Math.floor(at * before.length);
      return before.slice(0, offset) + piece.repeat(times) + before.slice(offset + cut);
    }, text),
  );
const soup = fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((pieces) => pieces.join(''));

const lineCount = (text: string): number => text.split('\n').length;

function within(label: string, run: () => void): void {
  const started = performance.now();
  run();
  expect(performance.now() - started, label).toBeLessThan(SLOWEST_MS);
}

function firstMapping(text: string): JsonObject {
  const found = readPlacedYaml('x.yaml', text).documents.find(isJsonObject);
  return found ?? {};
}

function loadedOf(clusters: string, template: string, values: string): Loaded {
  const bodies = resourceBodies('clusters.yaml', 'cluster', readPlacedYaml('clusters.yaml', clusters).documents, []);
  const templates = readPlacedYaml('templates/svc.yaml', template)
    .documents.filter(isJsonObject)
    .flatMap((body) => readTemplate('templates/svc.yaml', body).template ?? []);
  return {
    dir: '/config',
    items: bodies.map((body) => ({ kind: 'cluster', body, dynamic: true })),
    bootstraps: [],
    generators: [],
    templates: new Map(templates.map((read) => [read.name, read])),
    values: new Map([['beta', firstMapping(values)]]),
  };
}

describe('fuzz', () => {
  test(`YAML: ${RUNS.yaml} texts`, () => {
    let withFindings = 0;
    fc.assert(
      fc.property(
        fc.oneof(mutated([...SEEDS, TEMPLATE, VALUES]), soup, fc.string({ unit: 'binary', maxLength: 60 })),
        (text) => {
          within(text, () => {
            const { documents, findings } = readPlacedYaml('a.yaml', text);
            JSON.stringify(documents);
            for (const { at } of findings) {
              expect(at.line).toBeGreaterThan(0);
              expect(at.line).toBeLessThanOrEqual(lineCount(text));
              expect(at.column).toBeGreaterThan(0);
            }
            if (findings.length > 0) withFindings += 1;
          });
        },
      ),
      { numRuns: RUNS.yaml, seed: 1 },
    );
    expect(withFindings).toBeGreaterThan(RUNS.yaml / 10);
  }, 120_000);

  test(`templates and values: ${RUNS.whole} configs`, () => {
    let rendered = 0;
    const config = fc.record({
      clusters: fc.oneof({ weight: 3, arbitrary: mutated(SEEDS) }, { weight: 1, arbitrary: fc.constantFrom(...SEEDS) }),
      template: fc.oneof(fc.constant(TEMPLATE), mutated([TEMPLATE])),
      values: fc.oneof(fc.constant(VALUES), mutated([VALUES])),
    });
    fc.assert(
      fc.property(config, ({ clusters, template, values }) => {
        within(clusters + template + values, () => {
          const { resources, findings } = renderStage(loadedOf(clusters, template, values), 'beta');
          for (const finding of findings) expect(finding.at.line).toBeGreaterThan(0);
          JSON.stringify(resources);
          rendered += resources.length;
        });
      }),
      { numRuns: RUNS.whole, seed: 2 },
    );
    expect(rendered).toBeGreaterThan(RUNS.whole / 10);
  }, 120_000);

  test(`mesh.yaml: ${RUNS.mesh} texts`, () => {
    fc.assert(
      fc.property(mutated([MESH]), (text) => {
        within(text, () => {
          const { config, findings } = parseMeshConfig('/config', 'mesh.yaml', firstMapping(text), []);
          expect(config === undefined).toBe(findings.length > 0);
        });
      }),
      { numRuns: RUNS.mesh, seed: 3 },
    );
  }, 120_000);

  test(`JSON: ${RUNS.json} texts, accepted as JSON.parse does`, () => {
    const texts = fc.oneof(
      mutated([JSON.stringify({ name: 'a', list: [1, -2.5e3, true, null, { x: 'é\n' }] }, null, 1)]),
      fc.json(),
    );
    const accepts = (text: string): JsonValue | undefined => {
      try {
        return JSON.parse(text) as JsonValue;
      } catch {
        return undefined;
      }
    };
    fc.assert(
      fc.property(texts, (text) => {
        const { documents, findings } = readPlacedJson(sourceFile('a.json', text), text);
        const own = findings.some(({ rule }) => rule !== 'json-syntax');
        if (!own && !text.startsWith('\ufeff')) expect(documents.length > 0).toBe(accepts(text) !== undefined);
      }),
      { numRuns: RUNS.json, seed: 4 },
    );
  }, 120_000);
});
