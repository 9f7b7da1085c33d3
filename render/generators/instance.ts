import { newestApiSet } from '../api/api-set.ts';
import { canonicaliser } from '../api/canonicaliser.ts';
import { checkResources } from '../api/check-resources.ts';
import { withDiscovery } from '../discovery/read-discovery.ts';
import { type Finding, hasErrors } from '../finding.ts';
import type { EnvoyVersion } from '../ids.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { describeValue } from '../load/describe.ts';
import { Expansion, TooMuchExpanded } from '../load/expressions/substitute.ts';
import { type Instances, Instantiation } from '../load/templates/instantiate.ts';
import { readTemplate } from '../load/templates/read-template.ts';
import type { Template } from '../load/templates/template.ts';
import { locationOf, placeOf, setPlace } from '../places.ts';
import { nameOf } from '../render-stage.ts';
import { type Resource, resourceLabel, type WrittenResource } from '../resource.ts';
import type { Generator, KnownService } from './generator.ts';
import { generatorFinding } from './rules.ts';
import { isServiceName, isTagValue, NAME_WANTED, serviceScope, shownText, VALUE_WANTED } from './service-values.ts';
import { expressionsIn } from './used-names.ts';

/** What a generator's template comes to for one service. */
export type Instance = {
  readonly generator: string;
  readonly service: string;
  /** Canonical; in the order of the template. */
  readonly resources: readonly Resource[];
  /** Canonical, for route configurations that stand elsewhere. */
  readonly virtualHosts: readonly { readonly into: string; readonly body: JsonObject }[];
  /** With an error among them it must not be served. */
  readonly findings: readonly Finding[];
};

const templatesOf = new WeakMap<Generator, ReadonlyMap<string, Template>>();

/**
 * Instantiates the generator's template for `service`, and checks every resource of it by the API of each of `envoys`, as written config is
 * checked. Names and tags are data: an expression in one of them is text. Never throws for what a service is called.
 */
export function instanceOf(generator: Generator, service: KnownService, envoys: readonly EnvoyVersion[]): Instance {
  const { name } = service;
  const findings: Finding[] = [...textFindings(generator, service)];
  const nothing = { generator: generator.name, service: name, resources: [], virtualHosts: [] };
  if (hasErrors(findings)) return { ...nothing, findings };
  const written = instantiated(generator, service, findings);
  const at = generator.templates.find((template) => template.name === generator.use.template)?.at ?? generator.at;
  const resources = written.resources.flatMap(({ kind, body }): WrittenResource[] => {
    const named = nameOf(kind, body).name;
    if (typeof named === 'string' && named !== '')
      return [withDiscovery({ kind, body, at: locationOf(body) ?? at }, findings)];
    const saw = `a ${kind} without a name for service ${shownText(name)}`;
    findings.push(generatorFinding('bad-generator', locationOf(body) ?? at, saw, 'a name with ${with.…} in it'));
    return [];
  });
  const hosts = written.virtualHosts.flatMap((host) => {
    const { into, ...body } = host;
    const place = placeOf(host);
    if (typeof into === 'string' && into !== '') return [{ into, body: place ? setPlace(body, place) : body }];
    const want = '`into` with the name of a route configuration';
    findings.push(generatorFinding('bad-generator', locationOf(host) ?? at, describeValue(into), want));
    return [];
  });
  const read = canonical(resources, envoys, findings);
  const virtualHosts = hosts.flatMap(({ into, body }) => {
    // A virtual host is no message of its own that is sent; it is checked within the one that it belongs to.
    const alone: WrittenResource = {
      kind: 'route',
      body: { name: into, virtual_hosts: [body] },
      at: locationOf(body) ?? at,
    };
    const [route] = canonical([alone], envoys, findings);
    const list = route?.body.virtualHosts;
    return Array.isArray(list) ? list.filter(isJsonObject).map((one) => ({ into, body: one })) : [];
  });
  if (read.length + virtualHosts.length === 0 && !hasErrors(findings)) {
    const saw = `nothing for service ${shownText(name)}`;
    findings.push(generatorFinding('generated-nothing', at, saw, 'a resource or a virtual host for each service'));
  }
  return { ...nothing, resources: read, virtualHosts, findings };
}

function textFindings(generator: Generator, service: KnownService): readonly Finding[] {
  const { name } = service;
  if (!isServiceName(name))
    return [generatorFinding('generated-name', generator.at, `a service called ${shownText(name)}`, NAME_WANTED)];
  const { tags } = serviceScope(service);
  const used = new Set(
    expressionsIn(generator.use).flatMap(({ root, path }) => (root === 'service' ? path.slice(1) : [])),
  );
  return Object.entries(isJsonObject(tags) ? tags : {}).flatMap(([key, value]) => {
    if (!used.has(key) || (typeof value === 'string' && isTagValue(value))) return [];
    const saw = `the tag ${key}=${shownText(String(value))} of service ${name}`;
    return [generatorFinding('generated-name', generator.at, saw, VALUE_WANTED)];
  });
}

function instantiated(generator: Generator, service: KnownService, findings: Finding[]): Instances {
  const expansion = new Expansion();
  const instantiation = new Instantiation(templatesIn(generator), expansion);
  const { values, stage = '', use } = generator;
  try {
    instantiation.use(use, { stage, values, service: serviceScope(service) });
  } catch (error) {
    if (!(error instanceof TooMuchExpanded)) throw error;
  }
  findings.push(...expansion.findings);
  return instantiation.instances;
}

function templatesIn(generator: Generator): ReadonlyMap<string, Template> {
  const known = templatesOf.get(generator);
  if (known) return known;
  const read = generator.templates.flatMap(({ at, body }) => readTemplate(at.file, body).template ?? []);
  const templates = new Map(read.map((template) => [template.name, template]));
  templatesOf.set(generator, templates);
  return templates;
}

function canonical(
  written: readonly WrittenResource[],
  envoys: readonly EnvoyVersion[],
  findings: Finding[],
): readonly Resource[] {
  const ofApi = checkResources(written, undefined, envoys);
  findings.push(...ofApi);
  const faulty = new Set(ofApi.filter(({ severity }) => severity === 'error').map(({ resource }) => resource));
  const canonicalise = canonicaliser(newestApiSet());
  return written.flatMap((one) => {
    const { resource, findings: found } = canonicalise(one);
    if (!resource || !faulty.has(resourceLabel(resource)))
      findings.push(...found.filter(({ severity }) => severity === 'error'));
    return resource ? [resource] : [];
  });
}
