import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Change } from '../../../../board/api/types/events.ts';
import { Answers, shownOf } from '../../../../board/app/live/answers.ts';
import { ApiError } from '../../../../board/app/live/problem.ts';
import type { Read } from '../../../../board/app/live/read.ts';

const fleet: Change = { kind: 'fleet', stage: 'beta' as never };
const line: Change = { kind: 'line' };

/** An answer whose fetches end when the test says so. */
function asked(key = 'stages') {
  const open: { resolve: (value: string) => void; reject: (fault: unknown) => void }[] = [];
  const read: Read<string> = {
    key,
    load: () => new Promise((resolve, reject) => open.push({ resolve, reject })),
    isTouchedBy: ({ kind }) => kind === 'fleet',
    restMs: 1_000,
  };
  return { read, open };
}

describe('answers', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());
  const turn = () => vi.advanceTimersByTimeAsync(0);

  test('are fetched once for all who show them, and again for a change that touches them alone', async () => {
    const { read, open } = asked();
    const answers = new Answers();
    answers.use(read);
    answers.use(read);
    expect(open.length).toBe(1);
    open[0]?.resolve('first');
    await turn();
    expect(answers.of(read).value).toEqual({ kind: 'ready', value: 'first' });
    await vi.advanceTimersByTimeAsync(5_000);
    answers.changed([line]);
    await turn();
    expect(open.length).toBe(1);
    answers.changed([line, fleet]);
    expect(open.length).toBe(2);
  });

  test('a crowd of changes is one fetch, after a rest; what changed during a fetch is fetched after it', async () => {
    const { read, open } = asked();
    const answers = new Answers();
    answers.use(read);
    for (let index = 0; index < 50; index++) answers.changed([fleet]);
    open[0]?.resolve('old');
    await turn();
    expect(open.length).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(open.length).toBe(2);
    open[1]?.resolve('new');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(open.length).toBe(2);
    expect(shownOf(answers.of(read).value)).toBe('new');
  });

  test('what cannot be had anew stays as it was, with what went wrong; what never was, failed', async () => {
    const problem = { rule: 'board-store-gone', problem: 'the store does not answer', want: 'later' };
    const { read, open } = asked();
    const answers = new Answers();
    answers.use(read);
    open[0]?.reject(new ApiError(503, problem));
    await turn();
    expect(answers.of(read).value).toEqual({ kind: 'failed', problem });
    answers.refetchFailed();
    await vi.advanceTimersByTimeAsync(1_000);
    open[1]?.resolve('there');
    await turn();
    answers.refetchFailed();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(open.length).toBe(2);
    answers.changed([fleet]);
    open[2]?.reject(new TypeError('fetch failed'));
    await turn();
    expect(answers.of(read).value).toMatchObject({ kind: 'stale', value: 'there' });
  });

  test('nobody looks: nothing is fetched until somebody does, who sees the old meanwhile', async () => {
    const { read, open } = asked();
    const answers = new Answers();
    const leave = answers.use(read);
    open[0]?.resolve('old');
    await turn();
    leave();
    await vi.advanceTimersByTimeAsync(5_000);
    answers.changed([fleet]);
    answers.refetch();
    expect(open.length).toBe(1);
    answers.use(read);
    expect(shownOf(answers.of(read).value)).toBe('old');
    expect(open.length).toBe(2);
  });
});
