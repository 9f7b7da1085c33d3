import {
  type AnyDesc,
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescMessage,
  type FileRegistry,
  getOption,
  hasOption,
  type ScalarType,
} from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';
import { type CompiledRules, compileRules } from './constraints/compile-rules.ts';
import type { FieldRulesMessage } from './constraints/rules-message.ts';
import { HAND_MADE_SLOTS } from './extensions/hand-made-slots.ts';

export type ValuePlan =
  | { readonly kind: 'scalar'; readonly type: ScalarType }
  | { readonly kind: 'enum'; readonly enum: DescEnum }
  | { readonly kind: 'message'; readonly desc: DescMessage };

/** All that the walk needs to know of a field, looked up once per descriptor set. */
export type FieldPlan = {
  readonly desc: DescField;
  /** lowerCamelCase, as in canonical JSON. */
  readonly name: string;
  readonly shape: 'one' | 'list' | 'map';
  readonly value: ValuePlan;
  readonly keyType: ScalarType | undefined;
  /** A default value means "not set" and is left out. */
  readonly implicit: boolean;
  /** The real oneof that it belongs to, by name. */
  readonly oneof: string | undefined;
  readonly rules: CompiledRules | undefined;
  /** Envoy refuses it unless a runtime key allows it. */
  readonly disallowed: boolean;
  readonly deprecated: boolean;
  /** `1.3`: the minor version of the API that deprecated it, where noted. */
  readonly deprecatedAt: string | undefined;
  /** The extension categories of the field, as its API notes them. */
  readonly categories: readonly string[] | undefined;
  readonly index: number;
};

export type MessagePlan = {
  readonly desc: DescMessage;
  readonly fields: readonly FieldPlan[];
  /** By lowerCamelCase and by snake_case name. */
  readonly bySpelling: ReadonlyMap<string, FieldPlan>;
  /** Fields whose rules can fail although the field is not there. */
  readonly checkedWhenAbsent: readonly FieldPlan[];
  readonly requiredOneofs: readonly { readonly name: string; readonly members: readonly string[] }[];
  /** The field that holds an extension's configuration (`typed_config`), and the flag that makes it dispensable. */
  readonly typedConfig: FieldPlan | undefined;
};

export type MessagePlans = {
  /** Undefined: the set has no such message. */
  readonly of: (typeName: string) => MessagePlan | undefined;
  readonly planOf: (desc: DescMessage) => MessagePlan;
  readonly enumValueState: (
    desc: DescEnum,
    number: number,
  ) => { readonly deprecated: boolean; readonly disallowed: boolean };
};

export function messagePlans(registry: FileRegistry, slots: Readonly<Record<string, readonly string[]>>): MessagePlans {
  const kept = new Map<string, MessagePlan>();
  const option = optionReader(registry);
  function planOf(desc: DescMessage): MessagePlan {
    const known = kept.get(desc.typeName);
    if (known) return known;
    const plan = makePlan(desc, slots, option);
    kept.set(desc.typeName, plan);
    return plan;
  }
  return {
    planOf,
    of(typeName) {
      const desc = registry.getMessage(typeName);
      return desc && planOf(desc);
    },
    enumValueState(desc, number) {
      const value = desc.value[number];
      if (!value) return { deprecated: false, disallowed: false };
      const disallowed = option.of(value, 'envoy.annotations.disallowed_by_default_enum') === true;
      return { deprecated: value.deprecated, disallowed };
    },
  };
}

type OptionReader = { readonly of: (desc: AnyDesc, extension: string) => unknown };

/** Reads options by the name of their extension, as the set itself defines it; undefined where the option is not given. */
function optionReader(registry: FileRegistry): OptionReader {
  // The option messages differ in type by what they describe; which extension fits which is the API's own business.
  const has = hasOption as (desc: AnyDesc, extension: DescExtension) => boolean;
  const get = getOption as (desc: AnyDesc, extension: DescExtension) => unknown;
  return {
    of(desc, name) {
      const extension = registry.getExtension(name);
      return extension && has(desc, extension) ? get(desc, extension) : undefined;
    },
  };
}

function makePlan(
  desc: DescMessage,
  slots: Readonly<Record<string, readonly string[]>>,
  option: OptionReader,
): MessagePlan {
  const unchecked = option.of(desc, 'validate.disabled') === true || option.of(desc, 'validate.ignored') === true;
  const categoriesOf = (member: string): readonly string[] | undefined => {
    const own = HAND_MADE_SLOTS[`${desc.typeName}.${member}`] ?? slots[`${desc.typeName}.${member}`];
    return own && own.length > 0 ? own : undefined;
  };
  const fields = desc.fields.map((field, index): FieldPlan => {
    const rules = unchecked ? undefined : (option.of(field, 'validate.rules') as FieldRulesMessage | undefined);
    const inOneof = field.oneof && categoriesOf(field.oneof.name);
    return {
      desc: field,
      name: field.jsonName,
      shape: field.fieldKind === 'list' || field.fieldKind === 'map' ? field.fieldKind : 'one',
      value: valuePlan(field),
      keyType: field.fieldKind === 'map' ? field.mapKey : undefined,
      implicit: field.presence === FeatureSet_FieldPresence.IMPLICIT,
      oneof: field.oneof?.name,
      rules: rules && compileRules(field, rules),
      disallowed: option.of(field, 'envoy.annotations.disallowed_by_default') === true,
      deprecated: field.deprecated,
      deprecatedAt: option.of(field, 'envoy.annotations.deprecated_at_minor_version') as string | undefined,
      categories: categoriesOf(field.name) ?? inOneof,
      index,
    };
  });
  const bySpelling = new Map(
    fields.flatMap((field) => [[field.desc.name, field] as const, [field.name, field] as const]),
  );
  return {
    desc,
    fields,
    bySpelling,
    checkedWhenAbsent: fields.filter((field) => field.oneof === undefined && field.rules?.whenAbsent(field.implicit)),
    requiredOneofs: unchecked
      ? []
      : desc.oneofs
          .filter((oneof) => option.of(oneof, 'validate.required') === true)
          .map((oneof) => ({ name: oneof.name, members: oneof.fields.map((field) => field.name) })),
    typedConfig: fields.find((field) => field.desc.name === 'typed_config' && isAny(field)),
  };
}

const isAny = ({ shape, value }: FieldPlan): boolean =>
  shape === 'one' && value.kind === 'message' && value.desc.typeName === 'google.protobuf.Any';

function valuePlan(field: DescField): ValuePlan {
  if (field.message) return { kind: 'message', desc: field.message };
  if (field.enum) return { kind: 'enum', enum: field.enum };
  return { kind: 'scalar', type: field.scalar as ScalarType };
}
