import type { FieldPlan, MessagePlan } from './message-plan.ts';

/** Told of everything that a walk meets, so that the walks for other sets can be left out where those sets agree. */
export type Witness = {
  readonly message: (plan: MessagePlan) => void;
  readonly field: (plan: FieldPlan) => void;
  readonly enumValue: (field: FieldPlan, number: number) => void;
  readonly extension: (categories: readonly string[], typeName: string) => void;
};
