import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { wantOneOf } from '../../nearest-names.ts';
import { keyLocation, locationOf, valueLocation, viaOf } from '../../places.ts';
import type { ResourceKind } from '../../resource.ts';
import type { SourceLocation } from '../../source-location.ts';
import { describeValue } from '../describe.ts';
import { ABSENT, type Absent, type Scope } from '../expressions/scope.ts';
import { CONDITION, type Expansion, Substitution } from '../expressions/substitute.ts';
import { type LoadRule, loadFinding, startOf } from '../rules.ts';
import { argumentProblem } from './parameter-kind.ts';
import type { Template, TemplateParameter } from './template.ts';

/** What templates and plain items come to: resources, and virtual hosts to be added to route configurations. */
export type Instances = {
  readonly resources: { readonly kind: ResourceKind; readonly body: JsonObject }[];
  readonly virtualHosts: JsonObject[];
};

export const isTemplateUse = (body: JsonObject): boolean => Object.hasOwn(body, 'template');

const USE_MEMBERS = ['template', 'with', CONDITION];

export class Instantiation {
  readonly instances: Instances = { resources: [], virtualHosts: [] };
  readonly #templates: ReadonlyMap<string, Template>;
  readonly #expansion: Expansion;

  constructor(templates: ReadonlyMap<string, Template>, expansion: Expansion) {
    this.#templates = templates;
    this.#expansion = expansion;
  }

  /** `body` is a template use. `via` and `within` are the uses and the templates that led to it, nearest first. */
  use(body: JsonObject, scope: Scope, via: readonly SourceLocation[] = [], within: readonly string[] = []): void {
    const name = body.template;
    const at = valueLocation(body, 'template') ?? startOf('mesh.yaml');
    const report = (rule: LoadRule, where: SourceLocation, saw: string, want: string): void => {
      this.#expansion.findings.push(loadFinding(rule, where, saw, want, [...viaOf(body), ...via]));
    };
    this.#expansion.count(1, at, via);
    for (const key of Object.keys(body).filter((member) => !USE_MEMBERS.includes(member))) {
      report(
        'bad-template-use',
        keyLocation(body, key) ?? at,
        `the key ${JSON.stringify(key)}`,
        '`template` and `with` alone; parameters go under `with`',
      );
    }
    const template = typeof name === 'string' ? this.#templates.get(name) : undefined;
    if (!template) {
      const known = [...this.#templates.keys()];
      const want =
        typeof name === 'string' ? wantOneOf('the name of a template', name, known) : 'the name of a template';
      report('unknown-template', at, describeValue(name), want);
      return;
    }
    if (within.includes(template.name)) {
      const circle = [...within.slice(0, within.indexOf(template.name) + 1)]
        .reverse()
        .concat(template.name)
        .join(' → ');
      report('template-cycle', at, circle, 'templates that do not use themselves');
      return;
    }
    const bound = this.#bind(template, body, scope, via, at, report);
    const { service: _, ...inner } = scope;
    if (bound)
      this.#fill(template, { ...inner, with: bound }, [at, ...viaOf(body), ...via], [template.name, ...within]);
  }

  #fill(template: Template, scope: Scope, via: readonly SourceLocation[], within: readonly string[]): void {
    const substitution = new Substitution(scope, via, this.#expansion);
    for (const { kind, body } of template.resources) {
      if (isTemplateUse(body)) {
        this.use(body, scope, via, within);
        continue;
      }
      const copied = substitution.object(body);
      if (copied !== ABSENT) this.instances.resources.push({ kind, body: copied });
    }
    for (const body of template.virtualHosts) {
      const copied = substitution.object(body);
      if (copied !== ABSENT) this.instances.virtualHosts.push(copied);
    }
  }

  /** The arguments by parameter, defaults filled in; undefined where the use is left out or has findings. */
  #bind(
    template: Template,
    body: JsonObject,
    scope: Scope,
    via: readonly SourceLocation[],
    at: SourceLocation,
    report: (rule: LoadRule, where: SourceLocation, saw: string, want: string) => void,
  ): ReadonlyMap<string, JsonValue | Absent> | undefined {
    const before = this.#expansion.findings.length;
    const copied = new Substitution(scope, via, this.#expansion).object(body);
    if (copied === ABSENT) return undefined;
    const unresolved = this.#expansion.findings.slice(before);
    const given = copied.with ?? {};
    if (!isJsonObject(given)) {
      report(
        'bad-template-use',
        valueLocation(body, 'with') ?? at,
        describeValue(given),
        'a mapping of parameters under `with`',
      );
      return undefined;
    }
    const names = [...template.parameters.keys()];
    const place = (key: string): SourceLocation => keyLocation(given, key) ?? at;
    for (const key of Object.keys(given).filter((candidate) => !template.parameters.has(candidate))) {
      report(
        'unknown-parameter',
        place(key),
        `the parameter ${key} of template ${template.name}`,
        wantOneOf('a declared parameter', key, names),
      );
    }
    const bound = new Map<string, JsonValue | Absent>();
    const missing = [...template.parameters].flatMap(([name, { required }]) =>
      required && !Object.hasOwn(given, name) ? [name] : [],
    );
    for (const [name, parameter] of template.parameters) {
      if (!Object.hasOwn(given, name)) continue;
      const value = given[name] ?? null;
      const want = argumentProblem(parameter, value);
      if (want === undefined) continue;
      const where = valueLocation(given, name) ?? at;
      // an expression that could not be replaced has been reported, and is of no kind
      if (!unresolved.some(({ at: failed }) => failed.line === where.line && failed.column === where.column)) {
        report('parameter-kind', where, `${describeValue(value)} for ${name} of template ${template.name}`, want);
      }
    }
    if (missing.length > 0) {
      const where = copied.with === undefined ? at : (locationOf(given) ?? at);
      const want = `every required parameter of template ${template.name}`;
      report('missing-parameter', where, `no ${missing.join(', no ')}`, want);
    }
    const isFaulty = (): boolean => this.#expansion.findings.slice(before).some(({ severity }) => severity === 'error');
    if (isFaulty()) return undefined;
    for (const [name, parameter] of template.parameters) {
      bound.set(name, ABSENT);
      if (Object.hasOwn(given, name)) bound.set(name, given[name] ?? null);
      else if (parameter.default !== undefined) {
        const { service: _, ...inner } = scope;
        bound.set(name, this.#defaultOf(template, name, parameter, { ...inner, with: bound }, [at, ...via]));
      }
    }
    return isFaulty() ? undefined : bound;
  }

  /** A default may use `${values…}`, `${stage}` and the parameters declared before it. */
  #defaultOf(
    template: Template,
    name: string,
    parameter: TemplateParameter,
    scope: Scope,
    via: readonly SourceLocation[],
  ): JsonValue | Absent {
    const declared = isJsonObject(template.body.parameters) ? template.body.parameters[name] : undefined;
    const holder = isJsonObject(declared) ? declared : template.body;
    const findings = this.#expansion.findings.length;
    const value = new Substitution(scope, via, this.#expansion).copy(parameter.default ?? null, holder, 'default');
    const want =
      value === ABSENT || this.#expansion.findings.length > findings ? undefined : argumentProblem(parameter, value);
    if (want && value !== ABSENT) {
      const at = valueLocation(holder, 'default') ?? startOf('mesh.yaml');
      const saw = `the default ${describeValue(value)} for ${name} of template ${template.name}`;
      this.#expansion.findings.push(loadFinding('parameter-kind', at, saw, want, via));
    }
    return value;
  }
}
