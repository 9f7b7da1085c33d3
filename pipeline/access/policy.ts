import type { RoleName } from '../../render/config/access-config.ts';
import type { FreezeWindow } from '../../render/config/mesh-config.ts';
import type { ObserveSettings } from '../../render/config/observe-settings.ts';
import type { StageName } from '../../render/ids.ts';
import type { SourceLocation } from '../../render/source-location.ts';
import type { PersonId, PolicyVersion } from '../ids.ts';

export type { ObserveSettings, PrometheusCheck } from '../../render/config/observe-settings.ts';

/** What somebody may do in a stage. Every person of the mesh may ask questions. */
export type Role = RoleName;

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

/**
 * What promotions into one stage are judged under: of the revision that is live in the stage, so that changing the gates is itself a
 * promotion under the old gates; of the proposed revision where nothing is live yet.
 */
export type Policy = {
  readonly version: PolicyVersion;
  readonly stage: StageName;
  /** Undefined for the first stage. */
  readonly previousStage: StageName | undefined;
  /** The protected branch and where it is fetched from: what may be promoted here at all. */
  readonly branch: string;
  readonly remote: string | undefined;
  readonly auto: boolean;
  readonly soakMs: number;
  readonly approvals: { readonly count: number; readonly group: string; readonly expireMs: number } | undefined;
  readonly freeze: readonly FreezeWindow[];
  /** How long a promotion may wait at its gates. Default 7 days. */
  readonly expireMs: number;
  /** How long a broken glass may stay unconfirmed. Default 1 h. */
  readonly confirmMs: number;
  /** False: `mesh.yaml` has no `access:`. Then every login of the machine is somebody, and no approval counts. */
  readonly hasAccess: boolean;
  readonly roles: { readonly [R in Role]: readonly string[] };
  readonly groups: readonly Group[];
  readonly people: readonly KnownPerson[];
  readonly owners: readonly Owners[];
  readonly observe: ObserveSettings;
};
