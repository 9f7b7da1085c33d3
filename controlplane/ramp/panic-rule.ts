/**
 * Largest number of hosts that may join `healthy` hosts at once so that even if every one of them fails, panic mode stays off.
 * Envoy panics when 100 · healthy ÷ all < threshold, so the most is healthy · (100 − T) ÷ T. A threshold of 0 switches panic mode off.
 */
export const safeStep = (healthy: number, thresholdPercent: number): number =>
  thresholdPercent <= 0
    ? Number.POSITIVE_INFINITY
    : Math.floor((healthy * (100 - Math.min(100, thresholdPercent))) / Math.min(100, thresholdPercent));

export type PanicRule = {
  /** Whole percent, 0 to 100. At 0 Envoy never panics; one healthy host is then still wanted, for there is no other to answer. */
  readonly thresholdPercent: number;
  /**
   * `overprovisioning_factor` of the load assignment, Envoy's default is 140: priorities whose healthy shares times this add up to 100
   * switch panic mode off for all of them. Undefined: not relied on (`weighted_priority_health` counts weights instead).
   */
  readonly overprovisioningPercent: number | undefined;
};

/** What is known of one priority: of `total` hosts at least `least` and at most `most` are healthy. */
export type Level = { readonly total: number; readonly least: number; readonly most: number };

/** So many of `total` hosts must be healthy for panic mode to stay off. */
export const neededHealthy = (total: number, { thresholdPercent }: PanicRule): number =>
  total === 0 ? 0 : Math.max(1, Math.ceil((Math.min(100, thresholdPercent) * total) / 100));

/** In Envoy's integers. Source: `recalculatePerPriorityState` in Envoy's `load_balancer_impl.cc`. */
const availability = (healthy: number, total: number, { overprovisioningPercent = 0 }: PanicRule): number =>
  total === 0 ? 0 : Math.min(100, Math.floor((overprovisioningPercent * healthy) / total));

const sumOf = (levels: readonly Level[], rule: PanicRule, bound: 'least' | 'most'): number =>
  levels.reduce((sum, level) => sum + availability(level[bound], level.total, rule), 0);

/** What is wrong already: a change cannot cause it any more. */
export type Distress = {
  /** Every priority panics: Envoy sends to all hosts of all priorities, or there are no hosts at all. */
  readonly total: boolean;
  /** Indices of priorities that panic and get traffic. */
  readonly levels: ReadonlySet<number>;
};
const NO_DISTRESS: Distress = { total: false, levels: new Set() };

/** What panics for certain, however the hosts that nobody knows of are. */
export function certainPanic(levels: readonly Level[], rule: PanicRule): Distress {
  if (sumOf(levels, rule, 'most') >= 100) return NO_DISTRESS;
  const panics = levels.map(({ total, most }) => total === 0 || most < neededHealthy(total, rule));
  const total = panics.every((panicking) => panicking);
  return {
    total,
    levels: new Set(levels.flatMap(({ least }, at) => (panics[at] && (total || least > 0) ? [at] : []))),
  };
}

/**
 * Whether panic mode stays off, whatever those hosts turn out to be of which nobody knows. Envoy's rule: priorities that together have
 * an availability of 100 never panic; else one panics when too few of its hosts are healthy, and that shows when it gets traffic, which
 * is when one of its hosts is healthy, or when all priorities panic. Source: `recalculatePerPriorityPanic`.
 */
export function isPanicImpossible(levels: readonly Level[], rule: PanicRule, before: Distress = NO_DISTRESS): boolean {
  if (sumOf(levels, rule, 'least') >= 100) return true;
  let someHolds = before.total;
  for (const [at, { total, least, most }] of levels.entries()) {
    if (total === 0) continue;
    const needed = neededHealthy(total, rule);
    if (least >= needed) someHolds = true;
    else if (most > 0 && Math.max(1, least) < needed && !before.levels.has(at)) return false;
  }
  return someHolds;
}
