import type { Verdict } from '../../conformance/cell.ts';
import type { Finding } from '../../render/finding.ts';
import type { Digest } from '../../render/ids.ts';
import type { EvidenceId, PolicyVersion, Revision, TargetVersion } from '../ids.ts';

/** The author or committer of a commit between live and proposed, as git has them. */
export type CommitAuthor = { readonly name: string; readonly email: string };

/** What the stage's target held when the promotion was planned: what is verified from, and what the push is compared with. */
export type Base = {
  readonly targetVersion: TargetVersion;
  /** Undefined: nothing was ever delivered there. */
  readonly digest: Digest | undefined;
  readonly revision: Revision | undefined;
};

/** Live → proposed for one stage: everything that a person needs in order to decide, small enough to stand in the record. */
export type Plan = {
  readonly revision: Revision;
  readonly digest: Digest;
  readonly base: Base;
  readonly policyVersion: PolicyVersion;
  /** The policy that will hold once this is promoted, where it differs: gates change under the old gates. */
  readonly nextPolicyVersion: PolicyVersion;
  /** The whole semantic diff, as people read it. */
  readonly diff: EvidenceId;
  /** `3 clusters, 2 routes changed`, and how far it reaches. */
  readonly summary: string;
  readonly blastRadius: string;
  readonly authors: readonly CommitAuthor[];
  /** Files of the mesh config that differ between live and proposed, relative to it: what `owners:` are matched with. */
  readonly touchedPaths: readonly string[];
  /** Warnings, and the panic arithmetic of clusters whose hosts change. Errors never get as far as a plan. */
  readonly findings: readonly Finding[];
};

/** What the matrix said of (proposed, base). */
export type VerdictRecord = {
  /** Content hash of everything that the verdict rests on: digests, Envoy versions, checks, tool. */
  readonly id: string;
  readonly verdict: Verdict;
  readonly digest: Digest;
  readonly baseDigest: Digest | undefined;
  readonly atEpochMs: number;
  readonly cells: readonly {
    readonly envoy: string;
    readonly verdict: Verdict;
    readonly cached: boolean;
  }[];
  /** The report, whole. */
  readonly report: EvidenceId;
};
