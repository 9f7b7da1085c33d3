import { expect, test } from 'vitest';
import type { HostSource } from '../../../controlplane/discovery/host-source.ts';
import { Answers, inShort } from './answers.ts';

/** A real source of hosts, or what stands in for it. Hosts are the last numbers of addresses below 127.0.9.0, all at port 8080. */
export type SourceBench = {
  readonly source: HostSource;
  readonly set: (hosts: readonly number[]) => Promise<void>;
};

/** One that can fail. */
export type FailingBench = SourceBench & {
  /** It cannot be asked any more, or gives rubbish. */
  readonly breakIt: () => Promise<void>;
  readonly mendIt: () => Promise<void>;
};

/** What every kind of source promises. `health`: what it says of a host that is well. */
export function sourceContract(health: 'healthy' | 'unknown', theBench: () => SourceBench): void {
  const shown = (hosts: readonly number[]): string =>
    hosts.map((last) => `127.0.9.${last}:8080 ${health}`).join(', ') || 'none';

  test('says what is there, then each change, and nothing twice', async () => {
    const { source, set } = theBench();
    await set([2, 1]);
    await using answers = new Answers(source);
    await answers.until(shown([1, 2]));
    await set([1, 2, 3]);
    await answers.until(shown([1, 2, 3]));
    await set([3]);
    await answers.until(shown([3]));
    await set([]);
    await answers.until(shown([]));
    const said = answers.all.map(inShort);
    expect(said.filter((one, index) => one === said[index - 1])).toEqual([]);
  });

  test('two who watch are told the same', async () => {
    const { source, set } = theBench();
    await set([1]);
    await using one = new Answers(source);
    await using other = new Answers(source);
    await one.until(shown([1]));
    await other.until(shown([1]));
    await set([2]);
    await one.until(shown([2]));
    await other.until(shown([2]));
  });

  test('ends at once when aborted, also one that is aborted before it starts', async () => {
    const { source, set } = theBench();
    await set([1]);
    const answers = new Answers(source);
    await answers.until(shown([1]));
    await answers[Symbol.asyncDispose]();
    expect(answers.ended).toBe(true);
    const said: unknown[] = [];
    for await (const answer of source.watch(AbortSignal.abort())) said.push(answer);
    expect(said).toEqual([]);
  });
}

/** And of one that can fail. */
export function failingSourceContract(health: 'healthy' | 'unknown', theBench: () => FailingBench): void {
  sourceContract(health, theBench);

  test('a failure is an answer, and it goes on by itself', async () => {
    const { source, set, breakIt, mendIt } = theBench();
    await set([1]);
    await using answers = new Answers(source);
    await answers.until(`127.0.9.1:8080 ${health}`);
    await breakIt();
    expect(await answers.untilFailed()).not.toBe('');
    await mendIt();
    await set([1, 2]);
    await answers.until(`127.0.9.1:8080 ${health}, 127.0.9.2:8080 ${health}`);
  });
}
