import { type DescEnum, toBinary } from '@bufbuild/protobuf';
import {
  DescriptorProtoSchema,
  EnumValueDescriptorProtoSchema,
  FieldDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import type { ApiSet } from './api-set.ts';
import { isRegistered } from './extensions/check-slot.ts';
import { PROTOCOL_OPTION_CATEGORIES } from './extensions/hand-made-slots.ts';
import type { FieldPlan, MessagePlan } from './message-plan.ts';
import type { Witness } from './witness.ts';

/**
 * Sees, while a resource is walked by the newest API, which of the other sets would judge something in it differently, so that only
 * those walk it again. What is compared is the descriptor itself, options (and so constraints) included; answers are kept.
 */
export type Differences = {
  readonly witness: Witness;
  /** Indices into `others`, since the last call. */
  readonly take: () => ReadonlySet<number>;
};

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;

export function setDifferences(newest: ApiSet, others: readonly ApiSet[]): Differences {
  let differing = new Set<number>();
  const messages = new Map<MessagePlan, readonly number[]>();
  const fields = new Map<FieldPlan, readonly number[]>();
  const enumValues = new Map<string, readonly number[]>();
  const extensions = new Map<string, readonly number[]>();
  const indicesWhere = (differs: (set: ApiSet) => boolean): readonly number[] =>
    others.flatMap((set, index) => (differs(set) ? [index] : []));
  function add<K>(memo: Map<K, readonly number[]>, key: K, differs: (set: ApiSet) => boolean): void {
    let indices = memo.get(key);
    if (!indices) {
      indices = indicesWhere(differs);
      memo.set(key, indices);
    }
    for (const index of indices) differing.add(index);
  }
  return {
    take() {
      const taken = differing;
      differing = new Set();
      return taken;
    },
    witness: {
      message: (plan) => add(messages, plan, (set) => messageDiffers(plan, set.plans.of(plan.desc.typeName))),
      field: (field) =>
        add(fields, field, (set) =>
          fieldDiffers(field, set.plans.of(field.desc.parent.typeName)?.bySpelling.get(field.name)),
        ),
      enumValue(field, number) {
        const desc = field.desc.enum;
        if (desc)
          add(enumValues, `${desc.typeName} ${number}`, (set) =>
            enumValueDiffers(desc, set.registry.getEnum(desc.typeName), number),
          );
      },
      extension: (categories, name) =>
        add(
          extensions,
          `${categories.join()} ${name}`,
          (set) => verdict(set, categories, name) !== verdict(newest, categories, name),
        ),
    },
  };
}

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

function fieldDiffers(field: FieldPlan, other: FieldPlan | undefined): boolean {
  if (!other || field.oneof !== other.oneof || field.categories?.join() !== other.categories?.join()) return true;
  const bytes = ({ desc }: FieldPlan): Uint8Array =>
    // Indices into the message's list of oneofs shift when another one is added.
    toBinary(FieldDescriptorProtoSchema, { ...desc.proto, oneofIndex: 0 });
  return !sameBytes(bytes(field), bytes(other));
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

function verdict(set: ApiSet, categories: readonly string[], name: string): boolean | undefined {
  if (name.startsWith('name '))
    return PROTOCOL_OPTION_CATEGORIES.some((category) => set.extensions?.namesOf(category).has(name.slice(5)));
  return isRegistered(set, categories, name);
}
