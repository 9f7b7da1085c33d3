import { API_MINORS, apiSetOf, newestApiSet } from '../../render/api/api-set.ts';
import { compareSets } from '../../render/api/compare-sets.ts';
import type { KnownDifferences } from '../../render/api/set-differences.ts';

/** What each older descriptor set has otherwise than the newest, as text: computed from the sets themselves. */
export function differencesJson(): string {
  const newest = newestApiSet();
  const older = Object.fromEntries(
    API_MINORS.slice(0, -1).map((minor) => [minor, compareSets(newest, apiSetOf(minor))]),
  );
  const known: KnownDifferences = { newest: newest.minor, older };
  return `${JSON.stringify(known, null, 2)}\n`;
}
