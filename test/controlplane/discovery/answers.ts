import { pollUntil } from '../../../conformance/poll-until.ts';
import { hostKey } from '../../../controlplane/discovery/discovered-host.ts';
import type { HostSource, SourceAnswer } from '../../../controlplane/discovery/host-source.ts';

const DEADLINE_MS = 15_000;

/** `10.0.0.1:80 healthy`, or `failed`. */
export const inShort = (answer: SourceAnswer): string =>
  answer.kind === 'failed'
    ? 'failed'
    : answer.hosts.map((host) => `${hostKey(host)} ${host.health}`).join(', ') || 'none';

/** All that a source says from now on, until disposed. */
export class Answers implements AsyncDisposable {
  readonly all: SourceAnswer[] = [];
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  ended = false;

  constructor(source: HostSource) {
    this.#done = (async () => {
      for await (const answer of source.watch(this.#stop.signal)) this.all.push(answer);
      this.ended = true;
    })();
  }

  get last(): SourceAnswer | undefined {
    return this.all.at(-1);
  }

  /** Resolves when the last answer is `wanted`, by `inShort`. */
  async until(wanted: string): Promise<SourceAnswer> {
    try {
      return await pollUntil(wanted, DEADLINE_MS, new AbortController().signal, async () => {
        const { last } = this;
        return last && inShort(last) === wanted ? last : undefined;
      });
    } catch {
      const said = this.all.map((answer) => (answer.kind === 'failed' ? `failed: ${answer.problem}` : inShort(answer)));
      throw new Error(`the last answer is not "${wanted}"; they were: ${said.join(' | ') || 'none'}`);
    }
  }

  /** Resolves when the last answer is a failure; to its words. */
  async untilFailed(): Promise<string> {
    const answer = await this.until('failed');
    return answer.kind === 'failed' ? answer.problem : '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}
