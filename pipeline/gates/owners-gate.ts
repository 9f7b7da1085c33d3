import picomatch from 'picomatch';
import type { GateState } from './gate.ts';
import type { GateFacts } from './gate-facts.ts';
import { open, waiting } from './gate-states.ts';
import { expiryOf, validApprovals } from './valid-approvals.ts';

/** Each owned path that the change touches has an approval of its group. One approval serves all groups that its person is in. */
export function ownersGate(facts: GateFacts): GateState {
  const { policy, promotion } = facts;
  if (policy.owners.length === 0) return open('no paths are owned');
  if (!('plan' in promotion.state)) return waiting('it is not planned yet', undefined);
  const touched = ownedPathsOf(promotion.state.plan.touchedPaths, policy.owners);
  const given = validApprovals(facts);
  const missing = [...touched].filter(([group]) => !given.some(({ groups }) => groups.includes(group)));
  if (missing.length === 0) return open(touched.size === 0 ? 'touches no owned path' : undefined);
  const reason = missing.map(([group, paths]) => `${group} own ${listed(paths)}`).join('; ');
  return waiting(
    `an approval of each is missing: ${reason}`,
    given.length > 0 ? Math.min(...given.map((approval) => expiryOf(approval, policy))) : undefined,
    missing.map(([group]) => group),
  );
}

/** Which groups own what of a change. Dots and brackets of file names are taken as they are. */
function ownedPathsOf(
  paths: readonly string[],
  owners: GateFacts['policy']['owners'],
): ReadonlyMap<string, readonly string[]> {
  const owned = new Map<string, string[]>();
  for (const { paths: globs, group } of owners) {
    const isOwned = picomatch([...globs], { dot: true });
    for (const path of paths)
      if (isOwned(path) && !owned.get(group)?.includes(path)) owned.set(group, [...(owned.get(group) ?? []), path]);
  }
  return owned;
}

const SHOWN = 3;
const listed = (paths: readonly string[]): string =>
  paths.length > SHOWN ? `${paths.slice(0, SHOWN).join(', ')} and ${paths.length - SHOWN} more` : paths.join(', ');
