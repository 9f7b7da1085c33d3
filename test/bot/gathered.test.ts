import { expect, test } from 'vitest';
import { firstsOf, gathered } from '../../bot/store/gathered.ts';
import { StoreError } from '../../pipeline/store/store-error.ts';

/** Statements that end when they are told to. */
function held() {
  const statements: { readonly items: readonly number[]; readonly ends: PromiseWithResolvers<void> }[] = [];
  const take = gathered(async (items: readonly number[]) => {
    const ends = Promise.withResolvers<void>();
    statements.push({ items, ends });
    await ends.promise;
    return items.map((item) => `stored ${item}`);
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { statements, take, turn };
}

test('the first goes at once; what comes meanwhile goes together, and each gets its own answer', async () => {
  const { statements, take, turn } = held();
  const all = Promise.all([1, 2, 3].map(take));
  expect(statements.map(({ items }) => items)).toEqual([[1]]);
  statements[0]?.ends.resolve();
  await turn();
  expect(statements.map(({ items }) => items)).toEqual([[1], [2, 3]]);
  statements[1]?.ends.resolve();
  expect(await all).toEqual(['stored 1', 'stored 2', 'stored 3']);
});

test('one that cannot be stored keeps no other out', async () => {
  const tried: (readonly number[])[] = [];
  const take = gathered(async (items: readonly number[]) => {
    tried.push(items);
    if (items.includes(3)) throw new Error('3 is no number');
    return items;
  });
  const outcomes = await Promise.allSettled([1, 2, 3, 4].map(take));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect(tried).toEqual([[1], [2, 3, 4], [2], [3], [4]]);
});

test('when the store is gone, all are told so at once, and later ones are tried anew', async () => {
  let isGone = true;
  let statements = 0;
  const take = gathered(async (items: readonly number[]) => {
    statements += 1;
    if (isGone) throw new StoreError('store-gone', 'it is gone');
    return items;
  });
  const outcomes = await Promise.allSettled([1, 2, 3].map(take));
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(statements).toBe(2);
  isGone = false;
  expect(await take(4)).toBe(4);
});

test('of equal keys in one statement the first is new, and none where nothing was stored', () => {
  expect(firstsOf(['a', 'b', 'a', 'c'], ['a', 'c'])).toEqual([true, false, false, true]);
});
