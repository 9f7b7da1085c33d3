/** Edits that turn one text into the other: the least number of inserted, removed and replaced characters, given up beyond `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same));
    }
    row = next;
    if (Math.min(...row) > limit) return limit + 1;
  }
  return row[b.length] ?? limit + 1;
}

const LONGEST_LIST = 8;

/** `; did you mean payments?`, or the names there are when they are few: the tail of a `want`. */
export function nearestName(name: string, known: ReadonlySet<string>): string {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 4)) + 1;
  // A big mesh has thousands of names; those of about the same length are the only ones near.
  for (const candidate of [...known].sort()) {
    const edits = distance(name, candidate, least - 1);
    if (edits < least) {
      best = candidate;
      least = edits;
    }
  }
  if (best !== undefined) return `; did you mean ${best}?`;
  if (known.size === 0) return ', which has none';
  return known.size <= LONGEST_LIST ? `: ${[...known].sort().join(' | ')}` : ` (it has ${known.size})`;
}
