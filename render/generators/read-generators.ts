import { basename, extname } from 'node:path';
import { msOf } from '../config/written-duration.ts';
import type { Finding } from '../finding.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import { ABSENT, type Scope } from '../load/expressions/scope.ts';
import { type Expansion, Substitution } from '../load/expressions/substitute.ts';
import type { Loaded, LoadedGenerator } from '../load/loaded.ts';
import type { Template } from '../load/templates/template.ts';
import { locationOf, placeOf, setPlace } from '../places.ts';
import { RESOURCE_KINDS, RESOURCE_TYPES } from '../resource.ts';
import { shapeFindings } from '../shape-findings.ts';
import type { Generator, GeneratorTemplate, KnownService, ServiceSource } from './generator.ts';
import {
  DEFAULT_MAX_SERVICES,
  generatorJsonSchema,
  generatorSchema,
  type WrittenGenerator,
} from './generator-schema.ts';
import { generatorFinding } from './rules.ts';
import { expressionsIn, templatesUsedBy } from './used-names.ts';

const RULES = { value: 'bad-generator', unknownKey: 'bad-generator', missingKey: 'bad-generator' };

/** The generators of one stage, by name; those of its overlay replace shared ones of the same name. */
export function readGenerators(loaded: Loaded, scope: Scope, expansion: Expansion): readonly Generator[] {
  const read = (those: readonly LoadedGenerator[]): ReadonlyMap<string, Generator> => {
    const named = new Map<string, Generator>();
    for (const one of those) {
      const generator = readGenerator(loaded, one, scope, expansion);
      const first = generator && named.get(generator.name);
      if (first) {
        const saw = `generator ${first.name} again, after ${first.at.file}:${first.at.line}`;
        const want = 'each name once; stages/<stage>/generators/ may replace it for one stage';
        expansion.findings.push(generatorFinding('duplicate-generator', generator.at, saw, want));
      } else if (generator) named.set(generator.name, generator);
    }
    return named;
  };
  const shared = read(loaded.generators.filter(({ stage }) => stage === undefined));
  const overlay = read(loaded.generators.filter(({ stage }) => stage === scope.stage));
  return [...new Map([...shared, ...overlay]).values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readGenerator(
  loaded: Loaded,
  { file, body }: LoadedGenerator,
  scope: Scope,
  expansion: Expansion,
): Generator | undefined {
  const { with: given, ...rest } = body;
  const before = expansion.findings.length;
  const own = new Substitution(scope, [], expansion).object(placedAs(body, rest));
  if (own === ABSENT || expansion.findings.length > before) return undefined;
  const at = locationOf(body) ?? { file, line: 1, column: 1 };
  const whole = given === undefined ? own : placedAs(body, { ...own, with: given });
  const parsed = generatorSchema.safeParse(whole);
  if (!parsed.success) {
    expansion.findings.push(...shapeFindings(parsed.error, whole, RULES, generatorJsonSchema, at));
    return undefined;
  }
  const written = parsed.data;
  const templates = templatesUsedBy(written.template, loaded.templates).map(deliverable);
  const use = placedAs(body, { template: written.template, ...(isJsonObject(given) ? { with: given } : {}) });
  const named = [use, ...templates.map((template) => template.body)].flatMap(expressionsIn);
  const generator = {
    name: written.name ?? basename(file, extname(file)),
    source: sourceOf(written.source),
    use,
    templates,
    values: valuesNamed(named, scope.values ?? {}),
    ...(named.some(({ root }) => root === 'stage') ? { stage: scope.stage } : {}),
    examples: examplesOf(written),
    maxServices: written.max_services ?? DEFAULT_MAX_SERVICES,
    maxStaleMs: msOf(written.max_stale ?? '1h'),
    floorPercent: written.floor ?? 50,
    floorHoldMs: msOf(written.floor_hold ?? '5m'),
    at,
  };
  return reported(generator, loaded, expansion.findings);
}

/** A template that is not there would come to nothing for every service: said once, here. */
function reported(generator: Generator, loaded: Loaded, findings: Finding[]): Generator | undefined {
  const { template } = generator.use;
  if (typeof template === 'string' && loaded.templates.has(template)) return generator;
  const known = [...loaded.templates.keys()].join(', ') || 'none';
  const saw = `template ${JSON.stringify(template)}, which is not there`;
  findings.push(generatorFinding('bad-generator', generator.at, saw, `one of the templates: ${known}`));
  return undefined;
}

/** With the resources as Envoy reads them, in the form of a template file. */
function deliverable({ name, body, resources, virtualHosts }: Template): GeneratorTemplate {
  const sections = RESOURCE_KINDS.flatMap((kind) => {
    const bodies = resources.filter((resource) => resource.kind === kind).map((resource) => resource.body);
    return bodies.length > 0 ? [[RESOURCE_TYPES[kind].folder, bodies as JsonValue] as const] : [];
  });
  const all = virtualHosts.length > 0 ? [...sections, ['virtual_hosts', [...virtualHosts]] as const] : sections;
  const { parameters } = body;
  const resulting = { name, ...(parameters ? { parameters } : {}), resources: Object.fromEntries(all) };
  return { name, body: placedAs(body, resulting), at: locationOf(body) ?? { file: 'templates', line: 1, column: 1 } };
}

function placedAs<T extends JsonObject>(from: JsonObject, to: T): T {
  const place = placeOf(from);
  return place ? setPlace(to, place) : to;
}

function valuesNamed(expressions: ReturnType<typeof expressionsIn>, values: JsonObject): JsonObject {
  const names = new Set(expressions.flatMap(({ root, path }) => (root === 'values' ? path.slice(0, 1) : [])));
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
}

const examplesOf = ({ examples, source }: WrittenGenerator): readonly KnownService[] =>
  (examples ?? [{ name: 'example-one' }, { name: 'example-two' }]).map(({ name, tags = [] }) => ({
    name,
    tags: [...new Set([source.tag, ...tags])].sort(),
  }));

function sourceOf(written: WrittenGenerator['source']): ServiceSource {
  switch (written.kind) {
    case 'consul': {
      const { kind, tag, datacenter } = written;
      return { kind, tag, ...(datacenter === undefined ? {} : { datacenter }) };
    }
    case 'registry':
      return { kind: written.kind, tag: written.tag };
    case 'kubernetes':
      return { kind: written.kind, namespace: written.namespace ?? 'default', tag: written.tag };
    case 'file':
      return { kind: written.kind, path: written.path, tag: written.tag };
  }
}
