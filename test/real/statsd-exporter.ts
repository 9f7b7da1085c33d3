import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

// The exporter of the guide. https://github.com/prometheus/statsd_exporter
export const STATSD_EXPORTER_VERSION = '0.28.0';

const programIn = (cacheDir: string): string => join(cacheDir, `statsd_exporter-${STATSD_EXPORTER_VERSION}`);

/** Why there can be no exporter here; undefined where there can. */
export async function statsdExporterMissing(cacheDir: string): Promise<string | undefined> {
  if (await stat(programIn(cacheDir)).catch(() => undefined)) return undefined;
  const { exitCode } = await execa('go', ['version'], { reject: false });
  return exitCode === 0 ? undefined : `no go: statsd_exporter ${STATSD_EXPORTER_VERSION} cannot be built`;
}

/** Built once into `cacheDir`, as the guide says it; the first time takes a minute. Resolves with the path of the program. */
export async function statsdExporterIn(cacheDir: string): Promise<string> {
  const program = programIn(cacheDir);
  if (await stat(program).catch(() => undefined)) return program;
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, '.statsd-exporter-'));
  try {
    const module = `github.com/prometheus/statsd_exporter@v${STATSD_EXPORTER_VERSION}`;
    await execa('go', ['install', module], { env: { GOBIN: work, GOFLAGS: '' } });
    await rename(join(work, 'statsd_exporter'), program);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return program;
}
