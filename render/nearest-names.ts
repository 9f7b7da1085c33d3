/** Text beyond this is no name, and comparing takes its square. */
const LONGEST = 200;

/** Edits (insert, delete, replace, swap neighbours) from one word to the other; stops counting above `limit`. */
export function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) > limit) return limit + 1;
  let before: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let cost = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) cost = Math.min(cost, (before[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    if (Math.min(...current) > limit) return limit + 1;
    before = previous;
    previous = current;
  }
  return previous[to.length] ?? limit + 1;
}

/** The known names that `name` may have been meant to be, nearest first, at most three. */
export function nearestNames(name: string, known: Iterable<string>): string[] {
  const limit = Math.max(1, Math.min(3, Math.floor(name.length / 3)));
  const lower = name.toLowerCase().slice(0, LONGEST);
  const near: { readonly known: string; readonly distance: number }[] = [];
  for (const candidate of known) {
    const distance = editDistance(lower, candidate.toLowerCase(), limit);
    if (distance <= limit) near.push({ known: candidate, distance });
  }
  near.sort((a, b) => a.distance - b.distance || (a.known < b.known ? -1 : 1));
  return near.slice(0, 3).map((found) => found.known);
}

/** The nearest one alone, of names as long as message types: up to a third of the letters may differ. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let limit = Math.floor(name.length / 3);
  const lower = name.toLowerCase().slice(0, LONGEST);
  for (const candidate of known) {
    const distance = editDistance(lower, candidate.toLowerCase(), limit);
    if (distance > limit) continue;
    best = candidate;
    limit = distance - 1;
  }
  return best;
}

/** `timeout (did you mean that?)` for a near miss, else the known names, shortened where there are many. */
export function wantOneOf(what: string, name: string, known: readonly string[]): string {
  if (known.length === 0) return `${what}, of which there are none`;
  const near = nearestNames(name, known);
  if (near.length > 0) return `${what}; did you mean ${near.join(' or ')}?`;
  const shown = [...known].sort().slice(0, 12);
  return `${what}: ${shown.join(', ')}${known.length > shown.length ? ` and ${known.length - shown.length} more` : ''}`;
}
