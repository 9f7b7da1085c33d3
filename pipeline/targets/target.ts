import type { Digest, StageName } from '../../render/ids.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import type { PolicyVersion, PromotionId, Revision, TargetVersion } from '../ids.ts';

/** Stands beside the resources in the target: what they are and how they came there. */
export type Manifest = {
  readonly format: 1;
  readonly stage: StageName;
  readonly digest: Digest;
  readonly revision: Revision;
  readonly policyVersion: PolicyVersion;
  readonly promotion: PromotionId;
  /** `forward`, or `back` when the promotion took itself back: with `promotion` it names one push. */
  readonly direction: 'forward' | 'back';
  /** Who asked and who approved. */
  readonly by: readonly string[];
  readonly atIso: string;
};

/** What is delivered: one file per resource type as canonical proto3 JSON, indented so that changes stay small, and the manifest. */
export type Delivery = { readonly manifest: Manifest; readonly snapshot: Snapshot };

/** What a target holds at one moment. */
export type Held =
  | { readonly kind: 'empty'; readonly version: TargetVersion }
  | { readonly kind: 'delivery'; readonly version: TargetVersion; readonly delivery: Delivery }
  /** Somebody put something else there: files without a manifest, or whose content is not what the manifest's digest says. */
  | {
      readonly kind: 'foreign';
      readonly version: TargetVersion;
      readonly problem: string;
      readonly digest: Digest | undefined;
    };

export type PushResult =
  | { readonly kind: 'pushed'; readonly version: TargetVersion }
  /** It is not at `expected` any more; nothing was written. */
  | { readonly kind: 'moved'; readonly version: TargetVersion };

export type TargetKind = 'git' | 'central-dogma' | 's3' | 'dir';

/** Where a stage's snapshot is delivered. Every method rejects with `TargetError` when it cannot tell (gone, refused, timed out). */
export interface Target extends AsyncDisposable {
  readonly kind: TargetKind;
  /** For people: `git mesh-live, branch canary`. Never holds a secret. */
  readonly name: string;
  read(signal?: AbortSignal): Promise<Held>;
  /**
   * Replaces what is there, all files at once, if and only if it is still at `expected`. A push whose answer was lost may be asked
   * for again: it then answers `pushed` with the version that the first one made (told by promotion and direction in the manifest).
   */
  push(delivery: Delivery, expected: TargetVersion, signal?: AbortSignal): Promise<PushResult>;
  /** Yields what is held whenever it is no longer at `known`, within 1 s, until aborted; outages are waited out. */
  watch(known: TargetVersion | undefined, signal: AbortSignal): AsyncIterable<Held>;
  /** Newest first. */
  history(
    limit: number,
    signal?: AbortSignal,
  ): Promise<
    readonly { readonly version: TargetVersion; readonly manifest: Manifest | undefined; readonly atIso: string }[]
  >;
  /** What was held at an earlier version; undefined where it is no longer kept. */
  readAt(version: TargetVersion, signal?: AbortSignal): Promise<Held | undefined>;
}

/** The target could not be asked, or gave no usable answer. Never means "no". */
export class TargetError extends Error {
  override readonly name = 'TargetError';
  readonly target: string;
  constructor(target: string, problem: string, options?: ErrorOptions) {
    super(`target ${target}: ${problem}`, options);
    this.target = target;
  }
}
