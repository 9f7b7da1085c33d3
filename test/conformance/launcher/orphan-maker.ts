// Starts one Envoy with the launcher that the arguments name, says what runs, and waits to be killed.
import { makeLauncher } from '../../../conformance/launcher/choose-launcher.ts';
import type { LauncherKind } from '../../../conformance/launcher/envoy-launcher.ts';
import type { EnvoyVersion } from '../../../render/ids.ts';
import { plain } from './bootstraps.ts';

const [kind = '', version = '', cacheDir = '', scratchDir = ''] = process.argv.slice(2);
const launcher = makeLauncher({ kind: kind as LauncherKind, cacheDir });
const release = { version: version as EnvoyVersion };
const { pid, containerId } = await launcher.launch({ release, bootstrap: plain(), scratchDir, readyTimeoutMs: 30_000 });
process.stdout.write(`${JSON.stringify({ pid, containerId })}\n`);
setInterval(() => undefined, 1_000);
