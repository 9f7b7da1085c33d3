import { certainPanic, type Distress, isPanicImpossible, type Level, type PanicRule } from './panic-rule.ts';
import type { FleetSeen } from './ramp-input.ts';
import type { HostId } from './ramp-state.ts';

/** One host, as it counts. */
export type Counted = {
  readonly id: HostId;
  readonly priority: number;
  readonly groups: readonly string[];
  /** Covered by what was seen since it entered. */
  readonly confirmed: boolean;
  /** Confirmed, and good by the newest evidence. */
  readonly sure: boolean;
  /** Somebody who looks at this host sees it unhealthy. */
  readonly down: boolean;
  /** And has been for so long that every Envoy has seen it too. */
  readonly longDown: boolean;
};

type Sums = { total: number; down: number; readonly kept: Kept[] };
/** Of the hosts that Envoys have already, which is another number for each set that they may have. */
type Kept = { all: number; confirmed: number; sure: number; longDown: number };

export type TallyInput = {
  readonly rule: PanicRule;
  readonly fleet: FleetSeen;
  /** The fleet's figures are of the current set. */
  readonly fleetIsFresh: boolean;
  /** What Envoys may hold, the current set among them. */
  readonly bases: readonly ReadonlySet<HostId>[];
  readonly priorities: readonly number[];
};

const ALL = '';

/**
 * Counts the hosts of a set that might be served next, and says whether it could cause panic mode in any Envoy that holds one of the
 * `bases`. A host that an Envoy does not have yet counts as unhealthy, whatever anybody says of it.
 */
export class Tally {
  readonly #input: TallyInput;
  readonly #sums = new Map<string, Map<number, Sums>>();
  readonly #members = new Set<HostId>();
  /** By base: members of it that are not in the set any more and were seen unhealthy for long. */
  readonly #goneDown: number[];
  #distress: ReadonlyMap<string, Distress> = new Map();

  constructor(input: TallyInput, current: Iterable<Counted>) {
    this.#input = input;
    this.#goneDown = input.bases.map(() => 0);
    const members = [...current];
    for (const host of members) this.#count(host, 1);
    this.#distress = new Map(
      [...this.#sums.keys()].map((group) => [group, certainPanic(this.#levelsForCertain(group), input.rule)]),
    );
  }

  get size(): number {
    return this.#members.size;
  }

  has(id: HostId): boolean {
    return this.#members.has(id);
  }

  add(host: Counted): void {
    this.#count(host, 1);
    if (host.longDown) this.#goneDownBy(host, -1);
  }

  remove(host: Counted): void {
    this.#count(host, -1);
    if (host.longDown) this.#goneDownBy(host, 1);
  }

  /** With `spare` healthy hosts dying on top of all. */
  isSafe(spare = 0): boolean {
    for (const group of this.#sums.keys()) {
      // A subset without hosts is none: its requests go where the fallback says.
      if (group !== ALL && this.#isEmpty(group)) continue;
      const before = this.distressOf(group);
      for (const base of this.#input.bases.keys())
        if (!isPanicImpossible(this.levels(group, base, spare), this.#input.rule, before)) return false;
    }
    return true;
  }

  /**
   * What panics already, for certain. A group that has no hosts is the same, but only when that is so in every Envoy: one that has not taken
   * the last step may have hosts of it still.
   */
  distressOf(group: string = ALL): Distress {
    const known = this.#distress.get(group);
    if (known) return known;
    if (group !== ALL && this.#input.bases.length > 1) return { total: false, levels: new Set() };
    return { total: true, levels: new Set(this.#input.priorities.keys()) };
  }

  isInDistress({ groups, priority }: Counted): boolean {
    const at = this.#input.priorities.indexOf(priority);
    return [ALL, ...groups].some((group) => {
      const distress = this.distressOf(group);
      return distress.total || distress.levels.has(at);
    });
  }

  /** The priorities of one group in the worst case, for Envoys that hold one base. */
  levels(group: string = ALL, base = this.#input.bases.length - 1, spare = 0): readonly Level[] {
    const { fleet, fleetIsFresh } = this.#input;
    // Envoys say how many; those that a look at single hosts has seen unhealthy for long are among them, wherever they are.
    const rest = fleet.kind === 'seen' ? fleet.unhealthyMost - (this.#goneDown[base] ?? 0) : 0;
    const everywhere = [...(this.#sums.get(ALL)?.values() ?? [])];
    const known = everywhere.reduce((sum, sums) => sum + (sums.kept[base]?.longDown ?? 0), 0);
    return this.#input.priorities.map((priority) => {
      const sums = this.#sums.get(group)?.get(priority);
      const kept = sums?.kept[base];
      if (!sums || !kept) return { total: 0, least: 0, most: 0 };
      const unhealthy = Math.max(0, rest - (known - kept.longDown));
      const counted = (fleetIsFresh ? kept.all : kept.confirmed) - unhealthy;
      const least = Math.min(kept.sure, counted) - spare;
      const most = fleet.kind === 'seen' ? sums.total : sums.total - sums.down;
      return { total: sums.total, least: Math.max(0, least), most };
    });
  }

  /** As `levels`, for the set as it was when counting began, and with what the most hopeful Envoy sees of just this set. */
  #levelsForCertain(group: string): readonly Level[] {
    const { fleet, fleetIsFresh } = this.#input;
    const seenHealthy = fleet.kind === 'seen' && fleetIsFresh ? this.#members.size - fleet.unhealthyLeast : undefined;
    return this.levels(group).map(({ total, least, most }) => ({
      total,
      least,
      most: Math.max(0, Math.min(most, seenHealthy ?? most)),
    }));
  }

  #isEmpty(group: string): boolean {
    return [...(this.#sums.get(group)?.values() ?? [])].every(({ total }) => total === 0);
  }

  #goneDownBy(host: Counted, by: 1 | -1): void {
    this.#input.bases.forEach((base, at) => {
      if (base.has(host.id)) this.#goneDown[at] = (this.#goneDown[at] ?? 0) + by;
    });
  }

  #count(host: Counted, by: 1 | -1): void {
    if (by === 1) this.#members.add(host.id);
    else this.#members.delete(host.id);
    for (const group of [ALL, ...host.groups]) {
      const levels = this.#sums.get(group) ?? new Map<number, Sums>();
      this.#sums.set(group, levels);
      const sums = levels.get(host.priority) ?? {
        total: 0,
        down: 0,
        kept: this.#input.bases.map(() => ({ all: 0, confirmed: 0, sure: 0, longDown: 0 })),
      };
      levels.set(host.priority, sums);
      sums.total += by;
      if (host.longDown) sums.down += by;
      this.#input.bases.forEach((base, at) => {
        const kept = sums.kept[at];
        if (!kept || !base.has(host.id)) return;
        kept.all += by;
        if (host.confirmed) kept.confirmed += by;
        if (host.sure) kept.sure += by;
        if (host.longDown) kept.longDown += by;
      });
    }
  }
}
