/**
 * How many there were in answers that were believed before the one of now, each until a smaller one was believed: in falling order, all more
 * than now.
 */
export type EarlierCounts = readonly { readonly count: number; readonly untilEpochMs: number }[];

/**
 * Whether `given` is less than the floor allows: a share of the most that was believed within the hold. Against the last answer alone, a
 * source that loses one after the other would lose all of them, since no single step is a large one.
 */
export function isBelowFloor(
  given: number,
  believed: number,
  earlier: EarlierCounts,
  bounds: { readonly floorPercent: number; readonly floorHoldMs: number },
  nowEpochMs: number,
): boolean {
  const lately = earlier.find(({ untilEpochMs }) => nowEpochMs - untilEpochMs < bounds.floorHoldMs);
  return given * 100 < Math.max(believed, lately?.count ?? 0) * bounds.floorPercent;
}

/** When `given` is believed after `believed`. What is older than the hold is forgotten. */
export function nextEarlier(
  given: number,
  believed: number,
  earlier: EarlierCounts,
  floorHoldMs: number,
  nowEpochMs: number,
): EarlierCounts {
  const all = [...earlier, { count: believed, untilEpochMs: nowEpochMs }];
  return all.filter(({ count, untilEpochMs }) => count > given && nowEpochMs - untilEpochMs < floorHoldMs);
}
