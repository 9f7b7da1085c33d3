import { isDeepStrictEqual } from 'node:util';
import type { Snapshot } from '../../render/snapshot.ts';
import type { Check, Expectation, RequestCheck, RequestSpec } from '../checks/check.ts';
import { deriveDefaultChecks } from '../checks/default/derive-default-checks.ts';

/** A request of a rehearsal, with what the configuration may rightly answer before and after the change. */
export type PlannedRequest = {
  readonly name: string;
  readonly check: RequestCheck;
  readonly request: RequestSpec;
  readonly before: Expectation;
  readonly after: Expectation;
};

/** What must not fail while *live* becomes *proposed*: each route that both have, asked for in the same way. */
export function planTraffic(live: Snapshot, proposed: Snapshot): readonly PlannedRequest[] {
  const later = new Map(askable(proposed).map((check) => [check.name, check]));
  return askable(live).flatMap((check) => {
    const after = later.get(check.name);
    // A route that goes, or that asks for something else from now on, answers differently because the configuration says so.
    if (!after || !isDeepStrictEqual(after.request, check.request)) return [];
    return [{ name: check.name, check: after, request: check.request, before: check.expect, after: after.expect }];
  });
}

/** Routes whose answer the harness can foretell. */
const askable = (snapshot: Snapshot): RequestCheck[] =>
  deriveDefaultChecks(snapshot).filter(
    (check: Check): check is RequestCheck => check.kind === 'request' && check.mayAnswerLocally === undefined,
  );
