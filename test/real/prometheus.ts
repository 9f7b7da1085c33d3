import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { freePort } from './free-port.ts';
import { untilReady } from './until-ready.ts';

const program = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'prometheus'))
  .find((file) => existsSync(file));

/** For `test.skipIf`: why there is none. */
export const NO_PROMETHEUS =
  program === undefined ? 'Prometheus is not installed (Debian package `prometheus`)' : undefined;

export type Prometheus = AsyncDisposable & { readonly url: string };

/** A real Prometheus of its own, which scrapes itself, and `targets` (`HOST:PORT`), every second; exemplars are kept. Rejects when it is not installed or does not start within 60 s. */
export async function startPrometheus(targets: readonly string[] = []): Promise<Prometheus> {
  if (program === undefined) throw new Error(NO_PROMETHEUS);
  const dir = await mkdtemp(join(tmpdir(), 'prometheus-'));
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const job = (name: string, of: readonly string[]): string =>
    `  - job_name: ${name}\n    scrape_interval: 1s\n    static_configs: [{ targets: ${JSON.stringify(of)} }]\n`;
  const jobs = `scrape_configs:\n${job('self', [address])}${targets.length > 0 ? job('targets', targets) : ''}`;
  await writeFile(join(dir, 'p.yml'), jobs);
  const flags = [
    `--config.file=${join(dir, 'p.yml')}`,
    `--storage.tsdb.path=${join(dir, 'data')}`,
    '--enable-feature=exemplar-storage',
  ];
  const child = execa(program, [...flags, `--web.listen-address=${address}`], { reject: false, all: true });
  const url = `http://${address}`;
  const end = async (): Promise<void> => {
    child.kill('SIGTERM');
    await child;
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await untilReady('Prometheus', child, 60_000, async () => (await fetch(`${url}/-/ready`)).ok);
  } catch (error) {
    await end();
    throw error;
  }
  return { url, [Symbol.asyncDispose]: end };
}
