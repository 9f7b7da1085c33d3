import { keepLast } from '../../pipeline/keep-last.ts';

/** What is asked for again and again, asked once for all who ask at about the same time. */
export type Shared<T> = { (): Promise<T>; forget(): void };

/**
 * Asks `ask`, and gives everybody who comes within `forMs` of its beginning the same answer. What rejects is kept for nobody who comes
 * later.
 */
export function share<T>(
  forMs: number,
  ask: () => Promise<T>,
  nowMs: () => number = () => performance.now(),
): Shared<T> {
  let last: { readonly atMs: number; readonly answer: Promise<T> } | undefined;
  const shared = (): Promise<T> => {
    if (last && nowMs() - last.atMs < forMs) return last.answer;
    const mine = { atMs: nowMs(), answer: ask() };
    last = mine;
    mine.answer.catch(() => {
      if (last === mine) last = undefined;
    });
    return mine.answer;
  };
  return Object.assign(shared, {
    forget() {
      last = undefined;
    },
  });
}

/** The same for each of several names; what was not asked for lately is forgotten, so that there are never many more than `most`. */
export function shareEach<T>(
  forMs: number,
  ask: (name: string) => Promise<T>,
  most = 64,
): (name: string) => Promise<T> {
  const shared = new Map<string, Shared<T>>();
  return (name) => {
    const known = shared.get(name) ?? share(forMs, () => ask(name));
    keepLast(shared, name, known, () => shared.size <= most);
    return known();
  };
}
