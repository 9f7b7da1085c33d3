import type { Verdict } from '../../../conformance/cell.ts';
import type { Finding } from '../../../render/finding.ts';
import type { Digest, StageName } from '../../../render/ids.ts';
import type { Revision, VerificationId } from '../../ids.ts';
import type { MatrixOf, StoredCell } from '../matrix/cells.ts';

/** A revision that is proved for every stage, from what the target of each holds, without a promotion. */
export type Verification = {
  readonly id: VerificationId;
  readonly revision: Revision;
  /** The identity at the face: it is nobody's decision, so nobody's person either. */
  readonly askedBy: string;
  readonly askedEpochMs: number;
  /** Once it has ended. */
  readonly endedEpochMs: number | undefined;
  /** `asked`: no worker has read yet what is live. */
  readonly state: 'asked' | 'running' | 'ended';
  /** Once it has ended. */
  readonly verdict: Verdict | undefined;
  /** What nobody could tell, or why it does not begin. */
  readonly message: string | undefined;
  /** Of the revision as a whole. */
  readonly findings: readonly Finding[];
  readonly stages: readonly VerifiedStage[];
};
export type VerifiedStage = {
  readonly stage: StageName;
  /** Undefined: `findings` keep it from being rendered, and it has no cells. */
  readonly digest: Digest | undefined;
  /** What its target held when the verification began; undefined: nothing. */
  readonly baseDigest: Digest | undefined;
  readonly findings: readonly Finding[];
  readonly cells: readonly StoredCell[];
};

const ID = /^verify:([1-9]\d{0,14})$/;
export const verificationId = (number: number | string): VerificationId => `verify:${number}` as VerificationId;
/** Undefined: that is the name of something else. */
export const verificationNumber = (id: string): number | undefined => {
  const digits = ID.exec(id)?.[1];
  return digits === undefined ? undefined : Number(digits);
};
export const isVerificationId = (id: string): id is VerificationId => ID.test(id);

/** Undefined where the stage has no cells. */
export const matrixOfStage = (
  id: VerificationId,
  { stage, digest, baseDigest }: Pick<VerifiedStage, 'stage' | 'digest' | 'baseDigest'>,
): MatrixOf | undefined => (digest === undefined ? undefined : { promotion: `${id} ${stage}`, digest, baseDigest });
