import type { LauncherWish } from '../conformance/launcher/choose-launcher.ts';
import { LAUNCHER_KINDS } from '../conformance/launcher/envoy-launcher.ts';

/** What `--launcher` takes. */
export const LAUNCHER_WISHES = ['auto', ...LAUNCHER_KINDS] as const satisfies readonly LauncherWish[];

export const isLauncherWish = (kind: string): kind is LauncherWish =>
  (LAUNCHER_WISHES as readonly string[]).includes(kind);
