import type { JsonObject } from '../../../render/json.ts';
import { numberAt, objectAt, objectsAt, textAt } from '../../../render/read-json.ts';
import { resourcesOf, type Snapshot } from '../../../render/snapshot.ts';
import type { SourceLocation } from '../../../render/source-location.ts';

/** A route configuration that a connection manager uses, and the headers with which a request selects it. */
export type RouteTable =
  | {
      readonly kind: 'table';
      readonly routeConfig: JsonObject;
      /** Where it is written, for routes without a place of their own. */
      readonly at: SourceLocation | undefined;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'unknown'; readonly name: string; readonly reason: string };

/** Inline, over RDS, or one of inline scopes that headers select. */
export function routeTablesOf(snapshot: Snapshot, manager: JsonObject): readonly RouteTable[] {
  const inline = objectAt(manager, 'routeConfig');
  if (inline) return [{ kind: 'table', routeConfig: inline, at: undefined, headers: {} }];
  const name = textAt(manager, 'rds', 'routeConfigName');
  if (name !== undefined) return [named(snapshot, name, {})];
  const scoped = objectAt(manager, 'scopedRoutes');
  if (!scoped) return [{ kind: 'unknown', name: 'routes', reason: 'it has no route configuration' }];
  const scopes = objectsAt(scoped, 'scopedRouteConfigurationsList', 'scopedRouteConfigurations');
  if (scopes.length === 0) {
    return [
      { kind: 'unknown', name: 'scoped routes', reason: 'its scopes come from another source than the snapshot' },
    ];
  }
  const fragments = objectsAt(scoped, 'scopeKeyBuilder', 'fragments');
  return scopes.map((scope) => {
    const label = textAt(scope, 'name') ?? 'scope';
    const headers = scopeHeaders(fragments, objectsAt(scope, 'key', 'fragments'));
    if (!headers) return { kind: 'unknown', name: label, reason: 'no headers can be made that select its scope' };
    const own = objectAt(scope, 'routeConfiguration');
    if (own) return { kind: 'table', routeConfig: own, at: undefined, headers };
    return named(snapshot, textAt(scope, 'routeConfigurationName') ?? '', headers);
  });
}

function named(snapshot: Snapshot, name: string, headers: Readonly<Record<string, string>>): RouteTable {
  const resource = resourcesOf(snapshot, 'route').find((candidate) => candidate.name === name);
  if (!resource) return { kind: 'unknown', name, reason: `route configuration ${name} is not in the snapshot` };
  return { kind: 'table', routeConfig: resource.body, at: resource.at, headers };
}

/** Headers from which the key builder extracts the key; undefined where two fragments want different ones, or none does it. */
function scopeHeaders(
  fragments: readonly JsonObject[],
  key: readonly JsonObject[],
): Readonly<Record<string, string>> | undefined {
  const headers: Record<string, string> = {};
  for (const [index, fragment] of fragments.entries()) {
    const extractor = objectAt(fragment, 'headerValueExtractor');
    const value = textAt(key[index], 'stringKey');
    const name = textAt(extractor, 'name')?.toLowerCase();
    if (!extractor || value === undefined || name === undefined || headers[name] !== undefined) return undefined;
    const separator = textAt(extractor, 'elementSeparator') ?? '';
    const element = objectAt(extractor, 'element');
    if (element) headers[name] = `${textAt(element, 'key') ?? ''}${textAt(element, 'separator') ?? ''}${value}`;
    else {
      const before = numberAt(extractor, 'index') ?? 0;
      if (before > 0 && separator === '') return undefined;
      headers[name] = `${`x${separator}`.repeat(before)}${value}`;
    }
  }
  return headers;
}
