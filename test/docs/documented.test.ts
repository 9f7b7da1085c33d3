import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { toJSONSchema } from 'zod';
import { checkJsonSchema } from '../../conformance/checks/declared/check-schema.ts';
import { meshJsonSchema, meshSchema } from '../../render/config/mesh-schema.ts';
import { discoverySchema } from '../../render/discovery/discovery-schema.ts';
import { generatorJsonSchema, generatorSchema } from '../../render/generators/generator-schema.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
/** What people read; a decision tells why, and is not where they look something up. */
const PAGES = globSync('{README.md,docs/*.md,docs/{production,errors,coming-from}/*.md}', { cwd: ROOT }).toSorted();
const TEXT = PAGES.map(read).join('\n');
const sourcesOf = (...patterns: string[]): string =>
  globSync(patterns, { cwd: ROOT, exclude: ['board/app/**', 'board/dist/**'] })
    .map(read)
    .join('\n');
const namesIn = (text: string, pattern: RegExp): string[] =>
  [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))].toSorted();
/** Whole words: `meshgate_ramp` is not said by `meshgate_ramp_hosts`. */
const isSaid = (name: string, text = TEXT): boolean =>
  new RegExp(`(?<![A-Za-z0-9_])${name}(?![A-Za-z0-9_])`).test(text);

describe('metrics', () => {
  const CODE = sourcesOf('controlplane/**/*.ts', 'pipeline/**/*.ts', 'cli/**/*.ts');
  /** Clusters of a bootstrap, a schema of the database, a notification of it. */
  const NO_METRICS = ['meshgate_access_logs', 'meshgate_control_plane', 'meshgate_jobs', 'meshgate_message'];
  const metrics = namesIn(CODE, /'(meshgate_[a-z_]+)'/g).filter((name) => !NO_METRICS.includes(name));
  /** Families of names: what follows is the same in both. */
  const PREFIXES = ['meshgate_service', 'meshgate_logged'];
  const SUMS = namesIn(read('controlplane/telemetry/telemetry-metrics.ts'), /\['\w+', '([a-z_]+_total)', /g);

  test('there are many', () => {
    expect(metrics.length).toBeGreaterThan(50);
    expect(SUMS.length).toBeGreaterThan(6);
    expect(metrics).toEqual(expect.arrayContaining(PREFIXES));
  });
  test('each stands on a page', () => {
    const names = [
      ...metrics.filter((name) => !PREFIXES.includes(name)),
      ...SUMS.map((name) => `meshgate_service_${name}`),
      'meshgate_jobs',
    ];
    expect(names.filter((name) => !isSaid(name))).toEqual([]);
  });
  test('each that a page has is one', () => {
    const known = new Set([
      ...metrics,
      ...NO_METRICS,
      ...PREFIXES.flatMap((one) => SUMS.map((sum) => `${one}_${sum}`)),
    ]);
    expect(namesIn(TEXT, /\b(meshgate_[a-z_]*[a-z])\b(?!_)/g).filter((name) => !known.has(name))).toEqual([]);
  });
});

test('each variable that is read stands on a page', () => {
  const code = sourcesOf(
    'cli/**/*.ts',
    'render/wheels/*.ts',
    'deploy/{Dockerfile,systemd/*,kubernetes/**/*.yaml,sidecar/*}',
    'mesh',
  );
  const names = namesIn(
    code,
    /\b((?:MESHGATE|SLACK|CONSUL|GITEA|MESH)_[A-Z][A-Z_]*[A-Z]|(?:GITHUB|GITHUB_API|DATABASE)_(?:TOKEN|URL)|NO_COLOR|XDG_CACHE_HOME|ENVOY_[A-Z_]+)\b/g,
  );
  expect(names.length).toBeGreaterThan(25);
  expect(names.filter((name) => !isSaid(name))).toEqual([]);
});

describe('what can be asked', () => {
  const apis: readonly (readonly [string, readonly string[]])[] = [
    [
      'docs/serve.md',
      namesIn(/const PATHS = \[(.*?)\]/s.exec(read('controlplane/admin/admin-handler.ts'))?.[1] ?? '', /'(\w+)'/g).map(
        (path) => `/${path}`,
      ),
    ],
    [
      'docs/board.md',
      namesIn(read('board/api/board-api.ts'), /\.(?:get|post)\('(\/api\/[^']+)'/g).map((path) =>
        path.replaceAll(/:(\w+)/g, (_, name: string) => name.toUpperCase()),
      ),
    ],
  ];
  test.each(apis)('each path stands in %s', (page, paths) => {
    expect(paths.length).toBeGreaterThan(8);
    expect(paths.filter((path) => !new RegExp(`[ \`]${path}[ \`?[/]`).test(read(page)))).toEqual([]);
  });
});

/** Names of members, however deep, of a JSON Schema. */
function keysOf(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(keysOf);
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {}, ...rest } = schema as { readonly properties?: object };
  return [
    ...Object.keys(properties),
    ...Object.values(properties).flatMap(keysOf),
    ...Object.values(rest).flatMap(keysOf),
  ];
}
const CONFIG = read('docs/config-reference.md');
test.each([
  ['mesh.yaml', meshJsonSchema(), CONFIG],
  ['discovery', toJSONSchema(discoverySchema, { io: 'input' }), CONFIG],
  ['generators', generatorJsonSchema, CONFIG],
  ['checks', checkJsonSchema(), read('docs/checks.md')],
])('each key of %s stands in its reference', (_, schema, page) => {
  const keys = [...new Set(keysOf(schema))];
  expect(keys.length).toBeGreaterThan(8);
  expect(keys.filter((key) => !isSaid(key, page))).toEqual([]);
});

/** Examples of YAML, with their line. */
const EXAMPLES = PAGES.flatMap((file) =>
  [...read(file).matchAll(/^( *)```yaml[^\n]*\n(.*?)^ *```$/gms)].flatMap(({ index, 1: indent = '', 2: text = '' }) => {
    const line = read(file).slice(0, index).split('\n').length;
    return parseAllDocuments(text.replaceAll(new RegExp(`^${indent}`, 'gm'), '')).map((document) => ({
      at: `${file}:${line}`,
      errors: document.errors.map(String),
      value: document.toJS() as unknown,
    }));
  }),
);
type Mapping = Readonly<Record<string, unknown>>;
const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const problemsOf = ({
  success,
  error,
}: {
  readonly success: boolean;
  readonly error?: { readonly message: string };
}) => (success ? [] : [error?.message]);
const MESH_KEYS = ['stages', 'access', 'owners', 'observe', 'gates'];

describe('examples', () => {
  test('each is YAML', () => {
    expect(EXAMPLES.length).toBeGreaterThan(40);
    expect(EXAMPLES.filter(({ errors }) => errors.length > 0).map(({ at, errors }) => [at, errors])).toEqual([]);
  });
  // A check names stages, too.
  const ofMesh = EXAMPLES.filter(
    ({ value }) => isMapping(value) && !('expect' in value) && MESH_KEYS.some((key) => key in value),
  );
  test.each(ofMesh)('$at is a mesh.yaml', ({ value }) => {
    expect(problemsOf(meshSchema.safeParse({ stages: [{ name: 'beta' }], ...(value as Mapping) }))).toEqual([]);
  });
  const rulesOfHosts = EXAMPLES.flatMap(({ at, value }) =>
    [value].flat().flatMap((one) => (isMapping(one) && isMapping(one.discovery) ? [{ at, rule: one.discovery }] : [])),
  );
  test.each(rulesOfHosts)('$at has a discovery', ({ rule }) => {
    expect(problemsOf(discoverySchema.safeParse(rule))).toEqual([]);
  });
  const generators = EXAMPLES.filter(({ value }) => isMapping(value) && 'source' in value && 'template' in value);
  test.each(generators)('$at is a generator', ({ value }) => {
    expect(problemsOf(generatorSchema.safeParse(value))).toEqual([]);
  });
  test('there are some of each', () => {
    expect([ofMesh.length > 5, rulesOfHosts.length > 2, generators.length > 0]).toEqual([true, true, true]);
  });
});
