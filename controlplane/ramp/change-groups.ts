import type { RampSettings } from './ramp-settings.ts';
import type { HostId, WantedHost } from './ramp-state.ts';
import type { Counted, Tally } from './tally.ts';
import type { Waits } from './waits.ts';

type Goal = ReadonlyMap<HostId, WantedHost>;
type Served = ReadonlyMap<HostId, Counted>;

/** Served hosts whose metadata puts them into other subsets from now on. */
export function changedGroups(goal: Goal, served: Served, { groupsOf }: Pick<RampSettings, 'groupsOf'>) {
  return [...served].flatMap(([id, counted]) => {
    const one = goal.get(id);
    const groups = one && groupsOf(one.host);
    return groups && groups.join() !== counted.groups.join() ? [{ id, one, counted, groups }] : [];
  });
}

/**
 * Those of them that may. Each subset has a panic mode of its own, and what makes a host change its subset is a new release more often than
 * not: it restarts, and says another version of itself. So there it has to prove its health as a new one does.
 */
export function regroupHosts(
  goal: Goal,
  served: Served,
  settings: Pick<RampSettings, 'groupsOf'>,
  tally: Tally,
  waits: Waits,
): readonly (readonly [HostId, WantedHost])[] {
  const moved: (readonly [HostId, WantedHost])[] = [];
  const stuck: HostId[] = [];
  for (const { id, one, counted, groups } of changedGroups(goal, served, settings)) {
    const next = { ...counted, groups, confirmed: false, sure: false };
    tally.remove(counted);
    tally.add(next);
    if (tally.isSafe()) {
      moved.push([id, one]);
      continue;
    }
    tally.remove(next);
    tally.add(counted);
    stuck.push(id);
  }
  if (stuck.length > 0)
    waits.say('no-room', stuck, 'they change their subset, of which too few hosts would be healthy then');
  return moved;
}
