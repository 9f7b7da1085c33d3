import type { EnvoyStartError, LauncherError } from './envoy-launcher.ts';

type Code = EnvoyStartError['code'] | LauncherError['code'];

/** Causes for which an Envoy did not start; each has an entry in `docs/errors.md`. */
export const LAUNCHER_RULES = [
  { code: 'ENVOY_EXITED', severity: 'error', summary: 'Envoy ended before it was ready' },
  { code: 'ENVOY_NOT_READY', severity: 'error', summary: 'Envoy runs, but did not get ready in time' },
  { code: 'ENVOY_ADMIN_SILENT', severity: 'error', summary: 'Envoy runs, but its admin never answered' },
  { code: 'NO_DOCKER', severity: 'error', summary: 'No Docker engine that can be used answers' },
  { code: 'NO_IMAGE', severity: 'error', summary: 'The image of an Envoy version is not there and cannot be pulled' },
  { code: 'NO_PIP', severity: 'error', summary: 'Python 3 with pip is needed to fetch an Envoy, and is not there' },
  { code: 'NO_NETWORK', severity: 'error', summary: 'The package index cannot be reached' },
  { code: 'DISK_FULL', severity: 'error', summary: 'No space left for a download, an image or a scratch directory' },
  {
    code: 'UNKNOWN_ENVOY_VERSION',
    severity: 'error',
    summary: 'There is no binary of that Envoy version for this machine',
  },
  {
    code: 'CHECKSUM_MISMATCH',
    severity: 'error',
    summary: 'A download is not what is pinned, or not what it was before',
  },
  { code: 'PORT_TAKEN', severity: 'error', summary: 'A port that is needed is in use' },
  { code: 'OUT_OF_MEMORY', severity: 'error', summary: 'The machine ran out of memory' },
  { code: 'LAUNCH_FAILED', severity: 'error', summary: 'Envoy could not be started for another reason of the machine' },
] as const satisfies readonly { readonly code: Code; readonly severity: 'error'; readonly summary: string }[];

/** Every code is in the list; this line does not compile otherwise. */
type Missing = Exclude<Code, (typeof LAUNCHER_RULES)[number]['code']>;
export const ALL_LAUNCHER_CODES_LISTED: [Missing] extends [never] ? true : Missing = true;
