/** What became of the answers of one type at one Envoy, over all of its streams. */
export type Tally = {
  acks: number;
  nacks: number;
  /** When it was last sent something, took or refused it; on the clock of the group. */
  sinceMs: number;
};

/** By type URL. */
export type Tallies = Map<string, Tally>;

export function tallyOf(tallies: Tallies, typeUrl: string): Tally {
  const known = tallies.get(typeUrl);
  if (known) return known;
  const made = { acks: 0, nacks: 0, sinceMs: 0 };
  tallies.set(typeUrl, made);
  return made;
}

/** `forMs`: how long ago it was last sent something, took or refused it. */
export type ToldTally = { readonly acks: number; readonly nacks: number; readonly forMs: number };

export const talliesAt = (tallies: Tallies, nowMs: number): ReadonlyMap<string, ToldTally> =>
  new Map([...tallies].map(([url, { acks, nacks, sinceMs }]) => [url, { acks, nacks, forMs: nowMs - sinceMs }]));
