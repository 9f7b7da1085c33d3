import type { FreezeWindow } from '../../render/config/mesh-config.ts';
import type { StageName } from '../../render/ids.ts';
import type { SourceLocation } from '../../render/source-location.ts';
import type { PersonId, PolicyVersion } from '../ids.ts';

/** What somebody may do in a stage. `everybody` of the mesh may ask questions. */
export const ROLES = ['request', 'approve', 'rollback', 'release', 'freeze', 'break-glass'] as const;
export type Role = (typeof ROLES)[number];

export type Group = {
  readonly name: string;
  /** People by name or canonical identity. */
  readonly members: readonly PersonId[];
  /** A Slack user group (`S0123ABC`) whose members are members too, looked up at decision time; who is asked is mentioned by it. */
  readonly slackUserGroup: string | undefined;
};

/** A person of `access.people`: one name for all the identities that are theirs. */
export type KnownPerson = {
  readonly id: PersonId;
  /** `slack:T012AB/U345CD`, `unix:ada`. */
  readonly identities: readonly string[];
  readonly emails: readonly string[];
};

export type Owners = { readonly paths: readonly string[]; readonly group: string; readonly at: SourceLocation };

/** A question to a Prometheus server about the stage. */
export type PrometheusCheck = {
  readonly name: string;
  readonly url: string;
  readonly query: string;
  /** Every sample of the answer must hold. */
  readonly want: { readonly op: '<' | '<=' | '>' | '>=' | '=='; readonly value: number };
};

export type ObserveSettings = {
  /** How long the fleet is watched after it took the digest. Default 5 min. */
  readonly forMs: number;
  /** The share of connected Envoys that must ACK, from 0 to 1. Default 1. */
  readonly ackShare: number;
  /** How long they may take. Default 1 min. */
  readonly ackWithinMs: number;
  /** Fewer requests than this on either side: nobody can tell. Default 100. */
  readonly minRequests: number;
  /** One-sided significance of the tests "fails more often" and "is slower". Default 0.001. */
  readonly significance: number;
  /** Smaller worsenings are not harm, however significant: failures as a share (default 0.005), latency as a factor of the 99th percentile (default 1.25). */
  readonly tolerance: { readonly failureShare: number; readonly latencyFactor: number };
  /** Whether a stage without traffic evidence may pass on its ACKs alone. Default false: then people decide. */
  readonly withoutTraffic: boolean;
  readonly prometheus: readonly PrometheusCheck[];
};

/**
 * What promotions into one stage are judged under: of the revision that is live in the stage, so that changing the gates is itself a
 * promotion under the old gates; of the proposed revision where nothing is live yet.
 */
export type Policy = {
  readonly version: PolicyVersion;
  readonly stage: StageName;
  /** Undefined for the first stage. */
  readonly previousStage: StageName | undefined;
  readonly auto: boolean;
  readonly soakMs: number;
  readonly approvals: { readonly count: number; readonly group: string; readonly expireMs: number } | undefined;
  readonly freeze: readonly FreezeWindow[];
  /** How long a promotion may wait at its gates. Default 7 days. */
  readonly expireMs: number;
  /** How long a broken glass may stay unconfirmed. Default 1 h. */
  readonly confirmMs: number;
  readonly roles: { readonly [R in Role]: readonly string[] };
  readonly groups: readonly Group[];
  readonly people: readonly KnownPerson[];
  readonly owners: readonly Owners[];
  readonly observe: ObserveSettings;
};
