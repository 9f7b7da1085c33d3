import type { DockerNetwork } from './docker-engine.ts';
import type { LauncherKind } from './envoy-launcher.ts';

/** What a launcher is made from: plain data, so that a worker process makes the same one. */
export type LauncherSettings = {
  readonly kind: LauncherKind;
  /** Where Envoy binaries are kept. */
  readonly cacheDir: string;
  /** For `docker`; default by platform. */
  readonly dockerNetwork?: DockerNetwork;
};
