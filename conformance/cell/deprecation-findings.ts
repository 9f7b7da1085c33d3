import { apiSetFor } from '../../render/api/api-set.ts';
import { type ApiFinding, checkMessage } from '../../render/api/check-message.ts';
import type { Finding } from '../../render/finding.ts';
import { RESOURCE_TYPES, resourceLabel } from '../../render/resource.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { scopeOf } from './finding-scope.ts';

// Envoy 1.36 to 1.40, at level warning: `Deprecated field: type T Using deprecated option 'T.field' from file cluster.proto. This
// configuration will be removed …`, and `… Using deprecated value TWITTER for enum 'T.field' from file …` (also `the default
// now-deprecated value`).
const DEPRECATION =
  /Using (?:deprecated option '(?<option>[^']+)'|(?:the default now-)?deprecated value (?<value>\w+) for enum '(?<holder>[^']+)')[^\n.]*\.proto/g;

/** What Envoy itself warns of as deprecated: one finding for each option or value, where it is written. */
export function deprecationFindings(snapshot: Snapshot, envoy: string, log: string): Finding[] {
  const said = new Map([...log.matchAll(DEPRECATION)].map((match) => [match[0], match.groups ?? {}]));
  if (said.size === 0) return [];
  const known = deprecatedIn(snapshot, envoy);
  return [...said].flatMap(([words, { option, value }]) => {
    const users = known.filter(({ saw }) =>
      option === undefined ? saw.split(/[ .]/).includes(value ?? '') : saw.split(' ').includes(option),
    );
    const base = {
      ...scopeOf(snapshot, envoy),
      rule: 'deprecated-in-use',
      severity: 'warning' as const,
      saw: words,
      want: 'what its API documentation names instead: later Envoy versions will refuse it',
    };
    if (users.length === 0) return [base];
    return users.map(({ at, resource, via }) => ({
      ...base,
      at,
      ...(resource === undefined ? {} : { resource }),
      ...(via === undefined ? {} : { via }),
    }));
  });
}

const deprecatedIn = (snapshot: Snapshot, envoy: string): ApiFinding[] =>
  snapshot.resources.flatMap((resource) =>
    checkMessage(apiSetFor(envoy).set, RESOURCE_TYPES[resource.kind].message, resource.body, {
      at: resource.at,
      resource: resourceLabel(resource),
    }).findings.filter(({ rule }) => rule === 'deprecated-field' || rule === 'disallowed-field'),
  );
