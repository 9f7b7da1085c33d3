import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { runProgram } from '../../cli/program.ts';
import { envoyBinaries } from '../../conformance/launcher/envoy-binary.ts';
import { PINNED_ENVOY_VERSIONS } from '../../conformance/launcher/pinned-versions.ts';
import { processLauncher } from '../../conformance/launcher/process-launcher.ts';
import type { EnvoyVersion } from '../../render/ids.ts';
import type { JsonObject } from '../../render/json.ts';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';

const ROOT = join(import.meta.dirname, '../..');
const OLDEST = PINNED_ENVOY_VERSIONS[0] ?? '';
const NEWEST = PINNED_ENVOY_VERSIONS.at(-1) ?? '';
const launcher = processLauncher({ binaryOf: envoyBinaries({ cacheDir: cacheDirOf(process.env) }) });

/** `mesh bootstrap` for the sample mesh. */
async function bootstrap(...args: readonly string[]) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const exitCode = await runProgram(['bootstrap', '--config', 'config', '--service', 'web', ...args], {
    env: process.env,
    cwd: ROOT,
    stdout,
    stderr,
    onSignal: () => {},
    exit: () => {},
  });
  const text = (stream: PassThrough): string => (stream.read() as Buffer | null)?.toString('utf8') ?? '';
  return { exitCode, out: text(stdout), err: text(stderr) };
}

const EVERYTHING = [
  ['--delta', '--region', 'eu', '--zone', 'eu-1', '--sub-zone', 'a', '--access-logs', 'logs.internal:9000'],
  ['--node-id', 'web-7', '--control-plane', '[::1]:18000', '--admin-port', '0'],
  ['--statsd', '127.0.0.1:9125'],
].flat();

describe.each([OLDEST, NEWEST])('Envoy %s', (version) => {
  test.each([
    ['beta', []],
    ['canary', EVERYTHING],
  ])('takes what is printed for a node of %s', async (stage, args) => {
    const { exitCode, out } = await bootstrap('--stage', stage, '--json', ...args);
    expect(exitCode).toBe(0);
    const scratchDir = await mkdtemp(join(tmpdir(), 'bootstrap-'));
    try {
      const verdict = await launcher.validate({
        release: { version: version as EnvoyVersion },
        bootstrap: out,
        scratchDir,
        timeoutMs: 60_000,
      });
      expect(verdict.kind === 'ok' ? 'ok' : verdict).toBe('ok');
    } finally {
      await rm(scratchDir, { recursive: true, force: true });
    }
  });
});

test('the node is one that the stage takes, with its place; what an option says is there', async () => {
  const { out } = await bootstrap('--stage', 'canary', '--json', ...EVERYTHING);
  const printed = JSON.parse(out) as JsonObject;
  expect(printed).toMatchObject({
    node: {
      id: 'web-7',
      cluster: 'shop',
      metadata: { service: 'web', track: 'canary' },
      locality: { region: 'eu', zone: 'eu-1', subZone: 'a' },
    },
    admin: { address: { socketAddress: { address: '127.0.0.1', portValue: 0 } } },
    dynamicResources: { adsConfig: { apiType: 'DELTA_GRPC' } },
  });
  expect(out).toContain('"meshgate_access_logs"');
  expect(printed.statsConfig).toMatchObject({
    statsTags: [
      { tagName: 'stage', fixedValue: 'canary' },
      { tagName: 'service', fixedValue: 'web' },
      { tagName: 'cluster', fixedValue: 'shop' },
      { tagName: 'node', fixedValue: 'web-7' },
      { tagName: 'zone', fixedValue: 'eu-1' },
    ],
  });
  const plain = (await bootstrap('--stage', 'beta', '--json')).out;
  expect(plain).toContain('"apiType": "GRPC"');
  expect(plain).not.toContain('meshgate_access_logs');
  expect(plain).not.toMatch(/statsd|statsTags/);
});

test('with an authority the connection to the control plane is encrypted, and shows what it is given to show', async () => {
  const tls = ['--tls-ca', '/etc/mesh/ca.pem', '--tls-cert', '/etc/mesh/web.pem', '--tls-key', '/etc/mesh/web.key'];
  const { exitCode, out } = await bootstrap('--stage', 'beta', '--json', '--tls-name', 'control.mesh', ...tls);
  expect(exitCode).toBe(0);
  const [cluster] = (JSON.parse(out) as { staticResources: { clusters: JsonObject[] } }).staticResources.clusters.slice(
    -1,
  );
  expect(cluster?.transportSocket).toMatchObject({
    typedConfig: {
      sni: 'control.mesh',
      commonTlsContext: {
        validationContext: { trustedCa: { filename: '/etc/mesh/ca.pem' } },
        tlsCertificates: [
          { certificateChain: { filename: '/etc/mesh/web.pem' }, privateKey: { filename: '/etc/mesh/web.key' } },
        ],
      },
    },
  });
});

test.each([
  [['--stage', 'beta', '--tls-cert', 'a'], /want both, or none/],
  [['--stage', 'beta', '--tls-name', 'a'], /want --tls-ca beside/],
  [['--stage', 'nowhere'], /nowhere/],
  [['--stage', 'beta', '--control-plane', '127.0.0.1:0'], /--control-plane 127\.0\.0\.1:0: want/],
  [['--stage', 'beta', '--control-plane', 'a b:1'], /--control-plane a b:1: want/],
  [['--stage', 'beta', '--admin-port', '65536'], /--admin-port 65536: want 0 to 65535/],
  [['--stage', 'beta', '--statsd', 'statsd.internal:9125'], /--statsd statsd\.internal:9125: want an IP address/],
  [['--stage', 'beta', '--statsd', '127.0.0.1:9125', '--node-id', 'a|b'], /--statsd: node may have no comma, bar/],
  [['--stage', 'beta', '--format', 'toml'], /--format toml: use yaml or json/],
])('%j is told what is wanted', async (args, problem) => {
  const said = await bootstrap(...args);
  expect(said).toMatchObject({ exitCode: 2, out: '' });
  expect(said.err).toMatch(problem);
});
