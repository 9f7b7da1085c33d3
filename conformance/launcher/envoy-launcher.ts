import type { EnvoyRelease } from '../../render/config/mesh-config.ts';

export const LAUNCHER_KINDS = ['docker', 'process'] as const;
export type LauncherKind = (typeof LAUNCHER_KINDS)[number];

export type LaunchOptions = {
  readonly release: EnvoyRelease;
  /** The whole Envoy bootstrap as JSON; its admin must listen on 127.0.0.1 port 0. */
  readonly bootstrap: string;
  /** A directory of this Envoy's own, writable by it, at the same absolute path inside a container. */
  readonly scratchDir: string;
  /** How long to wait until admin `/ready` answers 200, or, with `awaitReady: false`, until the admin answers at all. */
  readonly readyTimeoutMs: number;
  /** False for an Envoy that may stay in `INITIALIZING` because its configuration is bad. Default true. */
  readonly awaitReady?: boolean;
  /** `--base-id` is always dynamic; `--concurrency` is 1 unless given. */
  readonly concurrency?: number;
  /** `--drain-time-s`; default 1. */
  readonly drainSeconds?: number;
  readonly signal?: AbortSignal;
};

/** A started Envoy. Disposing ends it and whatever it started, and resolves when it is gone. */
export interface RunningEnvoy extends AsyncDisposable {
  readonly kind: LauncherKind;
  readonly adminUrl: URL;
  /** Process id on this machine, for the last-resort clean-up; undefined for a container. */
  readonly pid: number | undefined;
  /** Container id for the same, undefined for a process. */
  readonly containerId: string | undefined;
  /** The whole log so far (stderr and stdout), capped at 4 MiB: the first and the last 2 MiB are kept. */
  log(): string;
  /** Resolves with why it ended, whenever it ends; never rejects. */
  readonly ended: Promise<EnvoyEnd>;
}
export type EnvoyEnd = { readonly exitCode: number | undefined; readonly signal: string | undefined };

/** What `envoy --mode validate` said of a bootstrap. `crashed`: it ended without a verdict. */
export type StaticVerdict =
  | { readonly kind: 'ok'; readonly log: string }
  | { readonly kind: 'refused'; readonly reason: string; readonly log: string }
  | { readonly kind: 'crashed'; readonly end: EnvoyEnd; readonly log: string };

export type EnvoyLauncher = {
  readonly kind: LauncherKind;
  /**
   * Resolves once Envoy is up (see `readyTimeoutMs`). Rejects with `EnvoyStartError` (Envoy's own doing: it exited, or did not
   * get ready; with its last 50 log lines) or `LauncherError` (the harness's: no binary, no engine, no image, port taken).
   * Leaves nothing running when it rejects.
   */
  launch(options: LaunchOptions): Promise<RunningEnvoy>;
  /** Runs `--mode validate`. Rejects with `LauncherError` only. */
  validate(
    options: Omit<LaunchOptions, 'readyTimeoutMs' | 'awaitReady'> & { readonly timeoutMs: number },
  ): Promise<StaticVerdict>;
};

/** Envoy itself failed to start or to get ready: a verdict about the configuration (or about Envoy), not about the harness. */
export class EnvoyStartError extends Error {
  override readonly name = 'EnvoyStartError';
  readonly code: 'ENVOY_EXITED' | 'ENVOY_NOT_READY' | 'ENVOY_ADMIN_SILENT';
  readonly end: EnvoyEnd | undefined;
  /** The last 50 lines of its log. */
  readonly lastLines: readonly string[];
  /** The whole log, as `RunningEnvoy.log` gives it. */
  readonly log: string;
  constructor(
    code: EnvoyStartError['code'],
    message: string,
    details: { readonly end?: EnvoyEnd | undefined; readonly log: string },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.end = details.end;
    this.log = details.log;
    this.lastLines = details.log.trimEnd().split('\n').slice(-50);
  }
}

/** The harness could not run an Envoy at all: nothing is known of the configuration. `message` says what is missing and the ways to get it. */
export class LauncherError extends Error {
  override readonly name = 'LauncherError';
  readonly code:
    | 'NO_DOCKER'
    | 'NO_IMAGE'
    | 'NO_PIP'
    | 'NO_NETWORK'
    | 'DISK_FULL'
    | 'UNKNOWN_ENVOY_VERSION'
    | 'CHECKSUM_MISMATCH'
    | 'PORT_TAKEN'
    | 'OUT_OF_MEMORY'
    | 'LAUNCH_FAILED';
  constructor(code: LauncherError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
