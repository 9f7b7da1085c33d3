import type { JsonObject, JsonValue } from '../../json.ts';
import type { ResourceKind } from '../../resource.ts';

export const PARAMETER_TYPES = [
  'string',
  'integer',
  'number',
  'boolean',
  'duration',
  'mapping',
  'list',
  'any',
] as const;
export type ParameterType = (typeof PARAMETER_TYPES)[number];

export type TemplateParameter = {
  readonly type: ParameterType;
  readonly description?: string;
  readonly default?: JsonValue;
  /** The only values allowed, where given. */
  readonly enum?: readonly JsonValue[];
  readonly required: boolean;
};

export type Template = {
  readonly name: string;
  readonly description?: string;
  readonly parameters: ReadonlyMap<string, TemplateParameter>;
  /** As written, in the order of the file. */
  readonly resources: readonly { readonly kind: ResourceKind; readonly body: JsonObject }[];
  /** Virtual hosts to add to route configurations that stand elsewhere: `into` names the route configuration. */
  readonly virtualHosts: readonly JsonObject[];
  readonly body: JsonObject;
};
