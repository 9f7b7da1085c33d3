import type { DiscoveredHost } from '../../../controlplane/discovery/discovered-host.ts';
import type { HostSource, SourceAnswer } from '../../../controlplane/discovery/host-source.ts';

/** A source that says what a test tells it. */
export class ToldSource implements HostSource {
  readonly name: string;
  /** How often it was watched, and by how many it is now. */
  watched = 0;
  watching = 0;
  #answers: SourceAnswer[] = [];
  #wake = (): void => {};

  constructor(name = 'told') {
    this.name = name;
  }

  tell(answer: readonly DiscoveredHost[] | string): void {
    this.#answers.push(
      typeof answer === 'string' ? { kind: 'failed', problem: answer } : { kind: 'hosts', hosts: answer },
    );
    this.#wake();
  }

  async *watch(signal: AbortSignal): AsyncGenerator<SourceAnswer> {
    this.watched += 1;
    this.watching += 1;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    try {
      while (!signal.aborted) {
        const next = this.#answers.shift();
        if (next) yield next;
        else
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
      }
    } finally {
      this.watching -= 1;
    }
  }
}
