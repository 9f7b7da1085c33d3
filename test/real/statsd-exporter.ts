import { join } from 'node:path';
import { execa } from 'execa';
import { goBuildMissing, keptProgram } from './kept-program.ts';

// The exporter of the guide. https://github.com/prometheus/statsd_exporter
export const STATSD_EXPORTER_VERSION = '0.28.0';

const NAME = `statsd_exporter-${STATSD_EXPORTER_VERSION}`;

/** Why there can be no exporter here; undefined where there can. */
export const statsdExporterMissing = (cacheDir: string): Promise<string | undefined> => goBuildMissing(cacheDir, NAME);

/** Built once into `cacheDir`, as the guide says it; the first time takes a minute. Resolves with the path of the program. */
export const statsdExporterIn = (cacheDir: string): Promise<string> =>
  keptProgram(cacheDir, NAME, async (work) => {
    const module = `github.com/prometheus/statsd_exporter@v${STATSD_EXPORTER_VERSION}`;
    await execa('go', ['install', module], { env: { GOBIN: work, GOFLAGS: '' } });
    return join(work, 'statsd_exporter');
  });
