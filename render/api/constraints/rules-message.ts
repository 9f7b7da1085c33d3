/** One of the rule messages of `validate/validate.proto` (protoc-gen-validate), as protobuf-es reads it. */
export type Rules = Readonly<Record<string, unknown>>;
export type FieldRulesMessage = {
  readonly message?: Rules;
  readonly type: { readonly case?: string; readonly value?: Rules };
};

/** proto2 rules: a member that is not set is not an own property. */
export const given = <T>(rules: Rules, name: string): T | undefined =>
  Object.hasOwn(rules, name) ? (rules[name] as T) : undefined;
