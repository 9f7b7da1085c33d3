import type { EnvoyVersion, StageName } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import type { SourceLocation } from '../source-location.ts';
import type { AccessConfig, OwnersConfig } from './access-config.ts';
import type { ObserveSettings } from './observe-settings.ts';

/** Which nodes a stage covers. Every given condition must hold; a stage with none covers every node. */
export type NodeMatch = {
  /** Equals `node.cluster`. */
  readonly cluster?: string;
  /** A regular expression that matches the whole of `node.id`. */
  readonly id?: string;
  /** A subset of `node.metadata`: every given member must be there with an equal value. */
  readonly metadata?: JsonObject;
};

/** How one Envoy version of a stage is to be had. */
export type EnvoyRelease = {
  readonly version: EnvoyVersion;
  /** The image for the `docker` launcher; default `envoyproxy/envoy:v<version>`. */
  readonly image?: string;
};

export type GuardSettings = {
  /** What a health-checked cluster without a threshold of its own is held to; Envoy's default is 50. */
  readonly defaultPanicThresholdPercent: number;
  /** Rehearsals send at least this many requests a second while the configuration changes. */
  readonly rehearsalRequestsPerSecond: number;
};

/** Gates and targets are parsed and checked here, and used by the pipeline. */
export type StageGates = {
  readonly auto: boolean;
  readonly soakMs: number;
  readonly approvals: { readonly count: number; readonly group: string; readonly expireMs: number } | undefined;
  readonly freeze: readonly FreezeWindow[];
  /** How long a promotion may wait at its gates. */
  readonly expireMs: number;
  /** How long a broken glass may stay unconfirmed. */
  readonly confirmMs: number;
  /** How old a verdict may be that lets a rollback go without a new one. */
  readonly fastRollbackMs: number;
};
export type FreezeWindow = {
  /** An iCalendar recurrence (`FREQ=WEEKLY;BYDAY=FR`) or five cron fields; the window opens at each occurrence. */
  readonly start: string;
  readonly durationMs: number;
  /** An IANA time zone. */
  readonly timeZone: string;
  /** Recurrences count from its midnight (`DTSTART`): the first day, `2026-12-01`. */
  readonly from: string;
  readonly reason: string;
};
export type StageTarget =
  | { readonly kind: 'git'; readonly repository: string; readonly branch: string }
  | {
      readonly kind: 'central-dogma';
      readonly url: string;
      readonly project: string;
      readonly repository: string;
      readonly path: string;
    }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      readonly prefix: string;
      readonly endpoint?: string;
      readonly region?: string;
    }
  | { readonly kind: 'dir'; readonly path: string };

export type Stage = {
  readonly name: StageName;
  readonly envoys: readonly EnvoyRelease[];
  readonly node: NodeMatch;
  readonly guards: GuardSettings;
  readonly gates: StageGates;
  readonly observe: ObserveSettings;
  readonly target: StageTarget | undefined;
  readonly at: SourceLocation;
};

export type MeshConfig = {
  /** Absolute path of the mesh config's directory. */
  readonly dir: string;
  /** In promotion order. */
  readonly stages: readonly Stage[];
  /** The protected branch: only revisions that it contains are promoted. */
  readonly branch: string;
  /** A git remote or its URL, fetched from before the branch is looked at. */
  readonly remote: string | undefined;
  readonly slack: { readonly channel: string } | undefined;
  /** Undefined: `mesh.yaml` has no `access:`, which is not the same as an empty one. */
  readonly access: AccessConfig | undefined;
  readonly owners: readonly OwnersConfig[];
};
