import { create, type DescEnum, toBinary } from '@bufbuild/protobuf';
import {
  DescriptorProtoSchema,
  EnumValueDescriptorProtoSchema,
  FieldDescriptorProtoSchema,
  type FieldOptions,
  FieldOptionsSchema,
} from '@bufbuild/protobuf/wkt';
import type { ApiSet } from './api-set.ts';
import type { FieldPlan, MessagePlan } from './message-plan.ts';

/** What an older set would judge differently of all that the newest one knows: full names, sorted. */
export type SetComparison = {
  readonly messages: readonly string[];
  /** `<message>.<field>` */
  readonly fields: readonly string[];
  /** Fields for which the newest set alone has constraints: the older one finds nothing where the newest does not. */
  readonly stricterFields: readonly string[];
  /** `<enum> <number>` */
  readonly enumValues: readonly string[];
};

/** Compares the descriptors themselves, options (and so constraints) included. Loads both sets as a whole: some 0.5 s. */
export function compareSets(newest: ApiSet, older: ApiSet): SetComparison {
  const messages: string[] = [];
  const fields: string[] = [];
  const stricterFields: string[] = [];
  const enumValues: string[] = [];
  for (const desc of newest.registry) {
    if (desc.kind === 'message') {
      const plan = newest.plans.planOf(desc);
      const other = older.plans.of(desc.typeName);
      if (messageDiffers(plan, other)) messages.push(desc.typeName);
      // a message that the older set lacks says it all
      for (const field of other ? plan.fields : []) {
        const olderField = other?.bySpelling.get(field.name);
        if (!fieldDiffers(field, olderField)) continue;
        const isStricter = olderField?.rules === undefined && !fieldDiffers(field, olderField, withoutRules);
        (isStricter ? stricterFields : fields).push(fieldKey(field));
      }
    }
    if (desc.kind === 'enum') {
      const other = older.registry.getEnum(desc.typeName);
      const numbers = new Set([...desc.values, ...(other?.values ?? [])].map(({ number }) => number));
      for (const number of numbers)
        if (enumValueDiffers(desc, other, number)) enumValues.push(enumValueKey(desc, number));
    }
  }
  return {
    messages: messages.sort(),
    fields: fields.sort(),
    stricterFields: stricterFields.sort(),
    enumValues: enumValues.sort(),
  };
}

export const fieldKey = ({ desc }: FieldPlan): string => `${desc.parent.typeName}.${desc.name}`;
export const enumValueKey = (desc: DescEnum, number: number): string => `${desc.typeName} ${number}`;

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;

/** What can fail without the field being there: other oneofs, other rules on absent fields. The fields that are there are compared themselves. */
function messageDiffers(plan: MessagePlan, other: MessagePlan | undefined): boolean {
  if (!other) return true;
  if (sameBytes(toBinary(DescriptorProtoSchema, plan.desc.proto), toBinary(DescriptorProtoSchema, other.desc.proto)))
    return false;
  const names = (one: MessagePlan): string => one.checkedWhenAbsent.map(({ name }) => name).join();
  const oneofs = (one: MessagePlan): string => JSON.stringify(one.requiredOneofs);
  if (names(plan) !== names(other) || oneofs(plan) !== oneofs(other)) return true;
  if (plan.typedConfig?.categories?.join() !== other.typedConfig?.categories?.join()) return true;
  return plan.checkedWhenAbsent.some((field) => fieldDiffers(field, other.bySpelling.get(field.name)));
}

const whole = (options: FieldOptions): FieldOptions => options;

/** Number of the extension `validate.rules` of field options. */
const RULES = 1071;
const withoutRules = (options: FieldOptions): FieldOptions =>
  create(FieldOptionsSchema, { ...options, $unknown: options.$unknown?.filter(({ no }) => no !== RULES) ?? [] });

function fieldDiffers(field: FieldPlan, other: FieldPlan | undefined, regarded = whole): boolean {
  if (!other || field.oneof !== other.oneof || field.categories?.join() !== other.categories?.join()) return true;
  const bytes = ({ desc: { proto } }: FieldPlan): Uint8Array[] => {
    const { options, ...rest } = proto;
    return [
      // Indices into the message's list of oneofs shift when another one is added.
      toBinary(FieldDescriptorProtoSchema, { ...rest, oneofIndex: 0 }),
      options ? toBinary(FieldOptionsSchema, regarded(options)) : new Uint8Array(),
    ];
  };
  const theirs = bytes(other);
  return !bytes(field).every((mine, index) => sameBytes(mine, theirs[index]));
}

function enumValueDiffers(desc: DescEnum, other: DescEnum | undefined, number: number): boolean {
  const [mine, theirs] = [desc.value[number], other?.value[number]];
  if (!mine && !theirs) return false;
  if (!mine || !theirs) return true;
  return !sameBytes(
    toBinary(EnumValueDescriptorProtoSchema, mine.proto),
    toBinary(EnumValueDescriptorProtoSchema, theirs.proto),
  );
}
