import type { JsonValue } from '../json.ts';
import { type Expression, hasExpression, parseText } from '../load/expressions/expression.ts';
import { isTemplateUse } from '../load/templates/instantiate.ts';
import type { Template } from '../load/templates/template.ts';

/** Every `${…}` in the texts of `value`. */
export function expressionsIn(value: JsonValue): readonly Expression[] {
  if (typeof value === 'string')
    return hasExpression(value) ? parseText(value).filter((part) => part.kind === 'expression') : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(expressionsIn);
}

/** The templates that `name` leads to, itself among them; sorted. A template that is not there is left to instantiation to find. */
export function templatesUsedBy(name: string, templates: ReadonlyMap<string, Template>): readonly Template[] {
  const used = new Map<string, Template>();
  const follow = (next: string): void => {
    const template = templates.get(next);
    if (!template || used.has(next)) return;
    used.set(next, template);
    for (const { body } of template.resources)
      if (isTemplateUse(body) && typeof body.template === 'string') follow(body.template);
  };
  follow(name);
  return [...used.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
