import type { JsonObject } from '../json.ts';
import type { ApiSet } from './api-set.ts';
import { type ApiFinding, Walk, type WalkOptions } from './walk.ts';
import type { Witness } from './witness.ts';

export type { ApiFinding } from './walk.ts';

export type CheckedMessage = {
  /** Canonical proto3 JSON of all that could be decoded. With errors among the findings it is not what was written: do not use it. */
  readonly body: JsonObject;
  readonly findings: readonly ApiFinding[];
};

/**
 * Decodes `json` as the message `messageName` of `set` and checks it against the API's own constraints, all faults at once. Reads what
 * Envoy reads: both spellings of a field, null for "not set", enum values of any case or by number, numbers in quotes.
 * Throws only when the set has no such message.
 */
export function checkMessage(
  set: ApiSet,
  messageName: string,
  json: JsonObject,
  options: WalkOptions,
  witness?: Witness,
): CheckedMessage {
  const plan = set.plans.of(messageName);
  if (!plan) throw new Error(`the API of Envoy ${set.minor} has no message ${messageName}`);
  const walk = new Walk(set, options, witness);
  // A resource may carry the type of its message, as in xDS itself.
  const ownType = json['@type'];
  const outer = typeof ownType === 'string' && ownType.endsWith(`/${messageName}`) ? '@type' : undefined;
  const body = walk.message(plan, json, undefined, outer);
  return { body, findings: walk.findings };
}
