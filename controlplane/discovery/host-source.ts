import type { DiscoveredHost } from './discovered-host.ts';

/** What a source says of one service. */
export type SourceAnswer =
  | {
      readonly kind: 'hosts';
      /** No two of one `hostKey`, in the order of `hostKey`. */
      readonly hosts: readonly DiscoveredHost[];
      /** What of its answer is no host that requests can be sent to, and why; for people. Default: nothing. */
      readonly leftOut?: readonly string[];
    }
  | FailedAnswer;

/** It could not be asked, or said what cannot be understood; for people, holds no secret. */
export type FailedAnswer = { readonly kind: 'failed'; readonly problem: string };

/** One question to a Consul, a registry, a name server, a Kubernetes or a file, asked for as long as it is wanted. */
export type HostSource = {
  /** For people: `consul payments (dc1)`. */
  readonly name: string;
  /**
   * Yields the first answer, and another whenever it changes, until aborted. A failure is an answer; the source goes on asking by
   * itself, with growing pauses. Never rejects.
   */
  watch(signal: AbortSignal): AsyncIterable<SourceAnswer>;
};
