/**
 * Remembers what `work` made of a text, for as many texts as `max`; then it begins anew. For what is asked of the same few texts again and
 * again.
 */
export function remembering<Result>(work: (text: string) => Result, max: number): (text: string) => Result {
  const known = new Map<string, { readonly result: Result }>();
  return (text) => {
    const found = known.get(text);
    if (found) return found.result;
    if (known.size >= max) known.clear();
    const result = work(text);
    known.set(text, { result });
    return result;
  };
}
