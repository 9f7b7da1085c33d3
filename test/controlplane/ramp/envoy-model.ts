import type { PanicRule } from '../../../controlplane/ramp/panic-rule.ts';

/** A host as an Envoy has it. `available`: by the last check; a host that was never checked is not. */
export type ModelHost = { readonly priority: number; available: boolean; checked: boolean; readonly subset?: string };
/** A host of an EDS response. */
export type ModelEndpoint = { readonly priority: number; readonly subset?: string };

/**
 * Envoy's rule of panic mode, written from its `load_balancer_impl.cc` (`recalculatePerPriorityState`, `recalculatePerPriorityPanic`,
 * `isHostSetInPanic`, `recalculateLoadInTotalPanic`) and the pages "Panic threshold" and "Priority levels" of its documentation; it
 * shares nothing with what is tested.
 */
export function panickingPriorities(
  hosts: Iterable<ModelHost>,
  { thresholdPercent, overprovisioningPercent = 140 }: PanicRule,
) {
  const levels: { total: number; available: number }[] = [];
  for (const { priority, available } of hosts) {
    while (levels.length <= priority) levels.push({ total: 0, available: 0 });
    const level = levels[priority];
    if (!level) throw new Error('no level');
    level.total += 1;
    if (available) level.available += 1;
  }
  if (levels.length === 0) levels.push({ total: 0, available: 0 });
  const availability = levels.map(({ total, available }) =>
    total === 0 ? 0 : Math.min(100, Math.floor((overprovisioningPercent * available) / total)),
  );
  const normalized = Math.min(
    100,
    availability.reduce((a, b) => a + b, 0),
  );
  const panics = levels.map(({ total, available }) => {
    if (normalized === 100) return false;
    return (total === 0 ? 0 : (100 * available) / total) < thresholdPercent;
  });
  const all = panics.every((panicking) => panicking);
  // Load goes by availability; where all panic, by the number of hosts.
  const getsLoad = levels.map(({ total }, at) => (all ? total > 0 : (availability[at] ?? 0) > 0));
  return {
    /** Priorities whose requests go to all of their hosts. */
    picked: new Set(panics.flatMap((panicking, at) => (panicking && getsLoad[at] ? [at] : []))),
    /** No hosts at all counts as well: every pick of it is one in panic mode. */
    isPanicking: panics.some(
      (panicking, at) => panicking && (getsLoad[at] || (all && levels.every((l) => l.total === 0))),
    ),
  };
}

/** One Envoy with one cluster. */
export class ModelEnvoy {
  readonly name: string;
  readonly #rule: PanicRule;
  hosts = new Map<string, ModelHost>();
  /** A cluster that has just been added is used when each of its hosts was checked once. */
  warming = true;
  /** Which version of the hosts it has. */
  version = -1;

  constructor(name: string, rule: PanicRule) {
    this.name = name;
    this.#rule = rule;
  }

  /** The hosts of an EDS response. A host under a new id is a new host, and fails until it was checked; one of other metadata is not. */
  take(version: number, endpoints: ReadonlyMap<string, ModelEndpoint>): void {
    const next = new Map<string, ModelHost>();
    for (const [id, endpoint] of endpoints) {
      const { available = false, checked = false } = this.hosts.get(id) ?? {};
      next.set(id, { ...endpoint, available, checked });
    }
    this.hosts = next;
    this.version = version;
  }

  /** Every host is asked once. */
  check(isHealthy: (id: string) => boolean): void {
    for (const [id, host] of this.hosts) {
      host.available = isHealthy(id);
      host.checked = true;
    }
    this.warming = false;
  }

  /** A new process: it knows nothing. */
  restart(): void {
    this.hosts = new Map();
    this.version = -1;
    this.warming = true;
  }

  get panic() {
    return panickingPriorities(this.hosts.values(), this.#rule);
  }

  /**
   * Whether the hosts that have not been checked can make this Envoy panic, now or when some of them pass their first check and
   * others fail it: every number of them in every priority is tried. `subset`: in this one; default: in the cluster as a whole.
   */
  mayPanic(subset?: string): boolean {
    const all = [...this.hosts.values()].filter((host) => subset === undefined || host.subset === subset);
    // A subset without hosts is none: a fallback answers for it.
    if (subset !== undefined && all.length === 0) return false;
    const known = all.filter(({ checked }) => checked);
    const fresh = Map.groupBy(
      all.filter(({ checked }) => !checked),
      ({ priority }) => priority,
    );
    const outcomes = [...fresh].reduce<ModelHost[][]>(
      (sets, [, hosts]) =>
        sets.flatMap((set) =>
          Array.from({ length: hosts.length + 1 }, (_, passed) => [
            ...set,
            ...hosts.map((host, at) => ({ ...host, available: at < passed })),
          ]),
        ),
      [known],
    );
    return outcomes.some((hosts) => panickingPriorities(hosts, this.#rule).isPanicking);
  }
}
