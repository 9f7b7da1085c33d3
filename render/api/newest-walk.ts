import type { JsonObject } from '../json.ts';
import { RESOURCE_TYPES, type WrittenResource } from '../resource.ts';
import { newestApiSet } from './api-set.ts';
import { checkMessage } from './check-message.ts';
import { labelOf } from './resource-label.ts';
import { type Differences, setDifferences } from './set-differences.ts';
import type { ApiFinding } from './walk.ts';

/** What the newest API says of a resource, and the minors that would say something else. */
export type NewestWalk = {
  readonly body: JsonObject;
  readonly findings: readonly ApiFinding[];
  readonly differing: ReadonlySet<string>;
};

const walked = new WeakMap<WrittenResource, NewestWalk>();
let differences: Differences | undefined;

/** Canonical form and checks both want it, so it is walked once and kept as long as what was written. No retired field is allowed. */
export function newestWalk(written: WrittenResource): NewestWalk {
  const known = walked.get(written);
  if (known) return known;
  const { message } = RESOURCE_TYPES[written.kind];
  const walk = walkNewest(message, written.body, { at: written.at, resource: labelOf(written) });
  walked.set(written, walk);
  return walk;
}

/** The same for any message, not kept. */
export function walkNewest(message: string, body: JsonObject, options: Parameters<typeof checkMessage>[3]): NewestWalk {
  differences ??= setDifferences();
  const checked = checkMessage(newestApiSet(), message, body, options, differences.witness);
  return { ...checked, differing: differences.take(checked.findings.length > 0) };
}
