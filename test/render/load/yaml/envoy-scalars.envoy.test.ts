import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { envoyBinaries } from '../../../../conformance/launcher/envoy-binary.ts';
import { PINNED_ENVOY_VERSIONS } from '../../../../conformance/launcher/pinned-versions.ts';
import { pollUntil } from '../../../../conformance/poll-until.ts';
import type { EnvoyVersion } from '../../../../render/ids.ts';
import { cacheDirOf } from '../../../../render/wheels/cache-dir.ts';
import { ENVOY_SCALARS } from './envoy-scalars.ts';

const binaryOf = envoyBinaries({ cacheDir: cacheDirOf(process.env) });
// free-form metadata takes what the YAML reader makes of a scalar, whatever that is
const BOOTSTRAP = `admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
static_resources:
  clusters:
  - name: c
    metadata:
      filter_metadata:
        x:
${ENVOY_SCALARS.map(([written], index) => `          k${index}: ${written.replaceAll('\n', '\n            ')}\n`).join('')}`;

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'meshgate-scalars-'));
  await writeFile(join(dir, 'bootstrap.yaml'), BOOTSTRAP);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test.each([PINNED_ENVOY_VERSIONS[0], PINNED_ENVOY_VERSIONS.at(-1)])(
  'Envoy %s reads each scalar as the table says',
  async (version) => {
    const addressFile = join(dir, `admin-${version}`);
    const arguments_ = ['-c', join(dir, 'bootstrap.yaml'), '--use-dynamic-base-id', '--concurrency', '1'];
    const binary = await binaryOf(version as EnvoyVersion);
    const envoy = execa(binary, [...arguments_, '--admin-address-path', addressFile], { reject: false });
    try {
      const dump = await pollUntil(
        `config_dump of Envoy ${version}`,
        30_000,
        new AbortController().signal,
        async () => {
          const address = await readFile(addressFile, 'utf8');
          return (await (await fetch(`http://${address}/config_dump?resource=static_clusters`)).json()) as Dump;
        },
      );
      const held = dump.configs[0]?.cluster.metadata.filter_metadata.x ?? {};
      expect(ENVOY_SCALARS.map(([written], index) => [written, held[`k${index}`]])).toEqual(ENVOY_SCALARS);
    } finally {
      envoy.kill();
      await envoy;
    }
  },
);

type Dump = {
  readonly configs: readonly {
    readonly cluster: { readonly metadata: { readonly filter_metadata: { readonly x: Record<string, unknown> } } };
  }[];
};
