/**
 * Files that lead back to themselves by what they import, each circle sorted: strongly connected components, by Tarjan
 * (https://doi.org/10.1137/0201010).
 */
export function circlesOf(importsOf: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const index = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): number => {
    const own = index.size;
    index.set(file, own);
    open.push(file);
    let low = own;
    for (const next of importsOf.get(file) ?? [])
      if (!index.has(next)) low = Math.min(low, visit(next));
      else if (open.includes(next)) low = Math.min(low, lowest.get(next) ?? index.get(next) ?? own);
    lowest.set(file, low);
    if (low === own) {
      const circle = open.splice(open.indexOf(file));
      if (circle.length > 1 || importsOf.get(file)?.includes(file)) circles.push(circle.toSorted());
    }
    return low;
  };
  for (const file of importsOf.keys()) if (!index.has(file)) visit(file);
  return circles;
}
