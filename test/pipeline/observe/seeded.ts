/** A seeded generator (mulberry32): the same numbers on every machine and in every run. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How many of `n` come up at `rate`: each asked alone, so that the distribution is beyond doubt. */
export function binomial(random: () => number, n: number, rate: number): number {
  let hits = 0;
  for (let asked = 0; asked < n; asked += 1) if (random() < rate) hits += 1;
  return hits;
}
