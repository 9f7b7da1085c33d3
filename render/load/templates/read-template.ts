import { basename, extname } from 'node:path';
import type { Finding } from '../../finding.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { wantOneOf } from '../../nearest-names.ts';
import { keyLocation, locationOf, valueLocation } from '../../places.ts';
import { RESOURCE_KINDS, RESOURCE_TYPES } from '../../resource.ts';
import { shapeFindings } from '../../shape-findings.ts';
import { describeValue } from '../describe.ts';
import { hasExpression, parseText } from '../expressions/expression.ts';
import { loadFinding, startOf } from '../rules.ts';
import { EnvoyReadings } from '../yaml/envoy-readings.ts';
import { isTemplateUse } from './instantiate.ts';
import { argumentProblem } from './parameter-kind.ts';
import type { Template, TemplateParameter } from './template.ts';
import { templateJsonSchema, templateSchema } from './template-schema.ts';

const RULES = { value: 'bad-template', unknownKey: 'bad-template', missingKey: 'bad-template' };

/**
 * Reads one document of a template file; undefined with findings where it is not well-formed. Its resources are what Envoy reads, by
 * `readings`; its parameters, and the uses of other templates in it, are YAML 1.2.
 */
export function readTemplate(
  file: string,
  body: JsonObject,
  readings = new EnvoyReadings(),
): { template: Template | undefined; findings: Finding[] } {
  const parsed = templateSchema.safeParse(body);
  if (!parsed.success) {
    const findings = shapeFindings(parsed.error, body, RULES, templateJsonSchema, startOf(file));
    return { template: undefined, findings };
  }
  const name = parsed.data.name ?? basename(file, extname(file));
  const { description } = parsed.data;
  const declared = isJsonObject(body.parameters) ? body.parameters : {};
  const parameters = new Map(Object.entries(declared).map(([key, value]) => [key, parameterOf(value)]));
  const sections = isJsonObject(body.resources) ? body.resources : {};
  const resources = RESOURCE_KINDS.flatMap((kind) =>
    bodiesOf(sections[RESOURCE_TYPES[kind].folder]).map((resource) => ({
      kind,
      body: isTemplateUse(resource) ? resource : readings.applyTo(resource),
    })),
  );
  const virtualHosts = bodiesOf(sections.virtual_hosts).map((host) => readings.applyTo(host));
  const template = {
    name,
    ...(description === undefined ? {} : { description }),
    parameters,
    resources,
    virtualHosts,
    body,
  };
  const findings = [...parameterFindings(declared, parameters), ...useFindings(body, parameters)];
  return { template, findings };
}

const bodiesOf = (value: JsonValue | undefined): JsonObject[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]).filter(isJsonObject);

function parameterOf(value: JsonValue): TemplateParameter {
  if (!isJsonObject(value)) return { type: 'string', required: true };
  const hasDefault = Object.hasOwn(value, 'default');
  return {
    type: (value.type ?? 'string') as TemplateParameter['type'],
    required: !hasDefault && value.required !== false,
    ...(typeof value.description === 'string' ? { description: value.description } : {}),
    ...(hasDefault ? { default: value.default ?? null } : {}),
    ...(Array.isArray(value.enum) ? { enum: value.enum } : {}),
  };
}

function parameterFindings(declared: JsonObject, parameters: ReadonlyMap<string, TemplateParameter>): Finding[] {
  return [...parameters].flatMap(([name, parameter]) => {
    const body = declared[name];
    if (parameter.default === undefined || !isJsonObject(body)) return [];
    // a default with an expression is judged where it is used
    if (JSON.stringify(parameter.default).includes('${')) return [];
    const want = argumentProblem(parameter, parameter.default);
    const at = valueLocation(body, 'default');
    return want && at ? [loadFinding('bad-template', at, `the default ${describeValue(parameter.default)}`, want)] : [];
  });
}

/** Every `${with.…}` names a declared parameter: said once, where it stands, whether the template is used or not. */
function useFindings(value: JsonValue, parameters: ReadonlyMap<string, TemplateParameter>): Finding[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    if (typeof member !== 'string') return useFindings(member, parameters);
    if (!hasExpression(member)) return [];
    return parseText(member).flatMap((part) => {
      const name = part.kind === 'expression' && part.root === 'with' ? (part.path[0] ?? '') : undefined;
      if (part.kind !== 'expression' || name === undefined || parameters.has(name)) return [];
      const at = valueLocation(value, key) ?? keyLocation(value, key) ?? locationOf(value);
      const want = wantOneOf('a declared parameter', name, [...parameters.keys()]);
      return at ? [loadFinding('unknown-parameter', at, part.written, want)] : [];
    });
  });
}
