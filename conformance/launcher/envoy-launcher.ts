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
  /**
   * TCP ports on which its listeners will listen. Only a container with a network of its own needs them (they are published on
   * 127.0.0.1 under the same number); the others ignore them.
   */
  readonly listenPorts?: readonly number[];
  /** Aborting ends this Envoy at any time; a `launch` or `validate` under way then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
};

/** A started Envoy. Disposing ends it and whatever it started, and resolves when it is gone. */
export interface RunningEnvoy extends AsyncDisposable {
  readonly kind: LauncherKind;
  readonly adminUrl: URL;
  /** Process id on this machine, for the last-resort clean-up; undefined for a container. */
  readonly pid: number | undefined;
  /** Of the Envoy itself as this machine's kernel knows it, inside a container too; undefined where it is on another kernel. */
  readonly hostPid?: number | undefined;
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

/** What runs outside of this process, for the last-resort clean-up of whoever started the launcher. */
export type StartedEnvoy = { readonly pid: number | undefined; readonly containerId: string | undefined };
export type LauncherHooks = {
  /** As soon as something runs, before it is ready. */
  readonly onStarted?: (started: StartedEnvoy) => void;
  /** Once it is gone. Called once for each `onStarted`, with the same object. */
  readonly onEnded?: (started: StartedEnvoy) => void;
};

export type EnvoyLauncher = {
  readonly kind: LauncherKind;
  /** How an Envoy of this launcher reaches a server that listens on this machine's 127.0.0.1: `127.0.0.1`, or `host.docker.internal`. */
  readonly hostAddress: string;
  /** The address that its listeners must listen on so that this machine's 127.0.0.1 reaches them: `127.0.0.1`, or `0.0.0.0`. */
  readonly listenAddress: string;
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
