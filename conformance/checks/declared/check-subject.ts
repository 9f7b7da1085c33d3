import type { Finding } from '../../../render/finding.ts';
import type { JsonObject, JsonPath } from '../../../render/json.ts';
import type { Snapshot } from '../../../render/snapshot.ts';
import type { CheckRule } from '../rules.ts';
import type { WrittenCheck } from './check-schema.ts';

/** What the names of a check are held against; without a snapshot, they are not. */
export type KnownNames = { readonly snapshot?: Snapshot | undefined; readonly stages?: readonly string[] | undefined };

/** A check that has the right shape, as the rules about what it says see it. */
export type Subject = {
  readonly root: JsonObject;
  readonly written: WrittenCheck;
  readonly known: KnownNames;
  /** Whether the check applies to the snapshot's stage, so that its names must be there. */
  readonly applies: boolean;
  readonly fault: (rule: CheckRule, path: JsonPath, saw: string, want: string) => Finding;
  readonly keyFault: (rule: CheckRule, path: JsonPath, key: string, saw: string, want: string) => Finding;
};
