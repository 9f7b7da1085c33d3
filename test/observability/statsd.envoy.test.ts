import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { envoyBinaries } from '../../conformance/launcher/envoy-binary.ts';
import { PINNED_ENVOY_VERSIONS } from '../../conformance/launcher/pinned-versions.ts';
import { pollUntil } from '../../conformance/poll-until.ts';
import { startAdmin } from '../../controlplane/admin/start-admin.ts';
import type { EnvoyVersion, StageName } from '../../render/ids.ts';
import { makeSnapshot } from '../../render/snapshot.ts';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';
import { memorySource } from '../controlplane/serve/memory-source.ts';
import { serveStage } from '../controlplane/serve/serve-stage.ts';
import { edsCluster, endpoints, listener, rds, route, upstream } from '../controlplane/xds/small-mesh.ts';
import { freePort } from '../real/free-port.ts';
import { NO_PROMETHEUS } from '../real/prometheus.ts';
import { STATSD_EXPORTER_VERSION, statsdExporterIn, statsdExporterMissing } from '../real/statsd-exporter.ts';
import { askedByDashboards, askedByRules, metricsIn } from './asked-metrics.ts';
import { guideCommands } from './guide-commands.ts';

const ROOT = join(import.meta.dirname, '../..');
const CACHE = join(cacheDirOf(process.env), 'servers');
const missing = NO_PROMETHEUS ?? (await statsdExporterMissing(CACHE));
const SERVERS = ['statsd_exporter', 'envoy', 'prometheus'];
/** Of what did not happen here: no retries, TCP, refusals, panic, discovery or access logs; and workers, which are not here. */
const NOTHING_TO_SHOW: ReadonlySet<string> = new Set([
  ...['Retries and timeouts', 'Connections'].map((title) => `meshgate-services: ${title}`),
  ...['Refused updates', 'Requests in panic mode', 'Ejected hosts', 'Overflow'].map(
    (title) => `meshgate-envoys: ${title}`,
  ),
  ...[
    'Ramps that wait',
    'Ramp',
    'Why ramps wait, and what people ordered',
    'Sources',
    'Hosts of sources',
    'Age of answers',
    'Access logs',
  ].map((title) => `meshgate-control-plane: ${title}`),
  ...askedByDashboards()
    .map(({ by }) => by)
    .filter((by) => by.startsWith('meshgate-promotions: ')),
]);
const soon = <T>(what: string, probe: () => Promise<T | undefined>): Promise<T> =>
  pollUntil(what, 60_000, new AbortController().signal, probe);

/** The control plane of stage beta, whose Envoys have one listener to one cluster. */
async function stageBeta() {
  await using stack = new AsyncDisposableStack();
  const app = stack.use(await upstream('catalog'));
  const source = memorySource();
  const parts = [
    edsCluster('catalog', { outlierDetection: {} }),
    endpoints('catalog', app.port),
    route('catalog', 'catalog'),
  ];
  source.hold(makeSnapshot('beta' as StageName, [...parts, listener('catalog', rds('catalog'))]));
  const server = stack.use(
    await serveStage({
      stage: 'beta' as StageName,
      node: { cluster: 'shop-beta' },
      source,
    }),
  );
  const admin = stack.use(await startAdmin({ server, nowEpochMs: Date.now, port: 0, say: () => {} }));
  const owned = stack.move();
  return { port: server.port, adminPort: admin.port, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** A place where the guide's commands find what a reader has: the checkout, and the programs. Its ports are free ones, its intervals short. */
async function place({ port, adminPort }: { readonly port: number; readonly adminPort: number }) {
  const dir = await mkdtemp(join(tmpdir(), 'statsd-guide-'));
  const bin = join(dir, 'bin');
  await mkdir(bin);
  const envoyOf = envoyBinaries({ cacheDir: cacheDirOf(process.env) });
  await symlink(await envoyOf((PINNED_ENVOY_VERSIONS.at(-1) ?? '') as EnvoyVersion), join(bin, 'envoy'));
  await symlink(await statsdExporterIn(CACHE), join(bin, 'statsd_exporter'));
  await symlink(join(ROOT, 'config'), join(dir, 'config'));
  const mesh = `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'cli/main.ts')}' "$@"\n`;
  await writeFile(join(dir, 'mesh'), mesh, { mode: 0o755 });
  const ports = new Map<string, number>([
    ['18000', port],
    ['18003', adminPort],
  ]);
  for (const fixed of ['9125', '9102', '9901', '9099']) ports.set(fixed, await freePort());
  const withPorts = (text: string): string =>
    [...ports]
      .reduce((changed, [from, to]) => changed.replaceAll(`127.0.0.1:${from}`, `127.0.0.1:${to}`), text)
      .replace('--admin-port 9901', `--admin-port ${ports.get('9901')}`);
  const files = join(dir, 'deploy/observability');
  await cp(join(ROOT, 'deploy/observability'), files, { recursive: true });
  const jobs = await readFile(join(files, 'prometheus.yml'), 'utf8');
  await writeFile(join(files, 'prometheus.yml'), withPorts(jobs).replaceAll(/: 15s$/gm, ': 1s'));
  return { dir, env: { PATH: [bin, process.env.PATH].join(delimiter) }, withPorts };
}

test.skipIf(missing)(
  'the guide of DogStatsD, word by word: its queries find the series of a real Envoy',
  async () => {
    await using control = await stageBeta();
    const { dir, env, withPorts } = await place(control);
    await using stack = new AsyncDisposableStack();
    stack.defer(() => rm(dir, { recursive: true, force: true }));
    const [install = '', ...commands] = await guideCommands('docs/observability.md', "Envoy's metrics by DogStatsD");
    expect(install).toBe(`go install github.com/prometheus/statsd_exporter@v${STATSD_EXPORTER_VERSION}`);

    const queries: string[] = [];
    for (const command of commands.map(withPorts)) {
      const options = { cwd: dir, env, reject: false, all: true } as const;
      if (command.startsWith('promtool query')) queries.push(command);
      else if (SERVERS.some((server) => command.startsWith(`${server} `))) {
        const server = execa('bash', ['-c', `exec ${command}`], options);
        stack.defer(async () => {
          server.kill('SIGTERM');
          expect.soft((await server).all ?? '').not.toMatch(/level=(?:error|ERROR)|\bcritical\b/);
        });
      } else {
        expect(await execa('bash', ['-c', command], options)).toMatchObject({ exitCode: 0 });
        const file = join(dir, 'bootstrap.yaml');
        await writeFile(
          file,
          (await readFile(file, 'utf8')).replace('statsFlushInterval: 5s', 'statsFlushInterval: 1s'),
        );
      }
    }
    expect(queries).toHaveLength(3);
    const admin = withPorts('127.0.0.1:9901');
    const port = await soon('the listener', async () => {
      const text = await (await fetch(`http://${admin}/listeners?format=json`)).text();
      return /"port_value":\s*(\d+)/.exec(text)?.[1];
    });
    const [rate = '', p99 = '', healthy = ''] = await soon('each query has an answer of the cluster', async () => {
      for (let count = 0; count < 5; count += 1) await (await fetch(`http://127.0.0.1:${port}/`)).text();
      const found: string[] = [];
      for (const query of queries) {
        const { stdout } = await execa('bash', ['-c', query], { cwd: dir, env, reject: false });
        const line = stdout.split('\n').find((one) => one.includes('envoy_cluster_name="catalog"'));
        if (line === undefined || / => (?:0|NaN) @/.test(line)) return undefined;
        found.push(line.replace(/ @.*/, ''));
      }
      return found;
    });
    const labels = '{envoy_cluster_name="catalog", service="web", stage="beta"}';
    expect(rate).toMatch(new RegExp(`^${labels.replaceAll(/[{}]/g, '\\$&')} => [\\d.e-]+$`));
    const seconds = Number(p99.split('=> ')[1]);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(5);
    expect(healthy).toBe(`${labels} => 1`);

    // What else is asked for: every name is one of this Envoy or its exporter, and every panel gets an answer.
    const text = async (url: string): Promise<string> => (await fetch(url)).text();
    const scraped = [
      await text(`http://${admin}/stats/prometheus`),
      await text(`http://${withPorts('127.0.0.1:9102')}/metrics`),
    ];
    const names = new Set(scraped.flatMap((page) => [...page.matchAll(/^[a-z_]+/gm)].map(([name]) => name)));
    const asked = [...askedByRules(), ...askedByDashboards()].flatMap(({ expr }) => metricsIn(expr));
    expect(asked.filter((name) => /^(?:envoy|statsd_exporter)_/.test(name) && !names.has(name))).toEqual([]);
    await soon('an answer of every panel that has something to show', async () => {
      for (let count = 0; count < 5; count += 1) await (await fetch(`http://127.0.0.1:${port}/`)).text();
      for (const { by, expr } of askedByDashboards().filter((panel) => !NOTHING_TO_SHOW.has(panel.by))) {
        const query = new URLSearchParams({ query: expr });
        const response = await fetch(`http://${withPorts('127.0.0.1:9099')}/api/v1/query?${query}`);
        const answer = (await response.json()) as { status: string; error?: string; data?: { result: unknown[] } };
        if (answer.data?.result.length === 0) throw new Error(`${by}: no answer to ${expr}`);
        expect(answer, by).toMatchObject({ status: 'success' });
      }
      return true;
    });
  },
  300_000,
);
