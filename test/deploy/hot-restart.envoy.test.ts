import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { envoyBinaries } from '../../conformance/launcher/envoy-binary.ts';
import { PINNED_ENVOY_VERSIONS } from '../../conformance/launcher/pinned-versions.ts';
import { pollUntil } from '../../conformance/poll-until.ts';
import type { EnvoyVersion } from '../../render/ids.ts';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';
import { freePort } from '../real/free-port.ts';

const WRAPPER = join(import.meta.dirname, '../../deploy/sidecar/envoy-hot-restart');
const NEWEST = (PINNED_ENVOY_VERSIONS.at(-1) ?? '') as EnvoyVersion;
const HCM = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const ROUTER = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router';
const nothing = new AbortController().signal;
const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });

const bootstrapOf = (admin: number, port: number): string =>
  JSON.stringify({
    admin: { address: address(admin) },
    static_resources: {
      listeners: [
        {
          name: 'in',
          address: address(port),
          filter_chains: [
            {
              filters: [
                {
                  name: 'hcm',
                  typed_config: {
                    '@type': HCM,
                    stat_prefix: 'in',
                    http_filters: [{ name: 'router', typed_config: { '@type': ROUTER } }],
                    route_config: {
                      virtual_hosts: [
                        {
                          name: 'a',
                          domains: ['*'],
                          routes: [{ match: { prefix: '/' }, direct_response: { status: 200 } }],
                        },
                      ],
                    },
                  },
                },
              ],
            },
          ],
        },
      ],
    },
  });

/** Asks over and over, four at a time, on connections that are kept, until it is stopped. */
function load(port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const counts = { good: 0, bad: [] as string[] };
  let going = true;
  const one = (): Promise<void> =>
    new Promise((resolve) => {
      const fault = (what: string): void => {
        counts.bad.push(what);
        resolve();
      };
      const asked = get({ host: '127.0.0.1', port, agent }, (response) => {
        response.resume().on('end', () => {
          if (response.statusCode === 200) counts.good += 1;
          else counts.bad.push(String(response.statusCode));
          resolve();
        });
      });
      // A kept connection that the other side closed just before it was used again says nothing of the server: HTTP asks to try again.
      asked.on('error', (error: NodeJS.ErrnoException) =>
        asked.reusedSocket && error.code === 'ECONNRESET' ? one().then(resolve) : fault(`${error.code}`),
      );
    });
  const lanes = [1, 2, 3, 4].map(async () => {
    while (going) await one();
  });
  return {
    counts,
    async stop() {
      going = false;
      await Promise.all(lanes);
      agent.destroy();
    },
  };
}

test('a hot restart fails no request; one that could not start is refused; SIGTERM ends all', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'hot-restart-'));
  const [admin, port] = [await freePort(), await freePort()];
  const file = join(dir, 'envoy.json');
  await writeFile(file, bootstrapOf(admin, port));
  const envoy = await envoyBinaries({ cacheDir: cacheDirOf(process.env) })(NEWEST);
  const baseId = ['--base-id', String(1_000 + (process.pid % 100_000))];
  const times = ['--drain-time-s', '1', '--parent-shutdown-time-s', '2', '--log-level', 'error', '--concurrency', '1'];
  const wrapper = execa(WRAPPER, [envoy, '--config-path', file, ...baseId, ...times], {
    reject: false,
    all: true,
    forceKillAfterDelay: 20_000,
  });
  let said = '';
  wrapper.all.on('data', (chunk) => {
    said += String(chunk);
  });
  const has = (text: string) => pollUntil(text, 60_000, nothing, async () => said.includes(text) || undefined);
  const epoch = (wanted: number) =>
    pollUntil(`epoch ${wanted}`, 60_000, nothing, async () => {
      const { command_line_options: options, state } = (await (
        await fetch(`http://127.0.0.1:${admin}/server_info`)
      ).json()) as {
        readonly command_line_options: { readonly restart_epoch: number };
        readonly state: string;
      };
      return (options.restart_epoch === wanted && state === 'LIVE') || undefined;
    });
  try {
    await epoch(0);
    const asking = load(port);
    await pollUntil('traffic', 60_000, nothing, async () => asking.counts.good > 50 || undefined);
    wrapper.kill('SIGHUP');
    await epoch(1);
    await has('epoch 0 ended with status 0');
    const before = asking.counts.good;
    await pollUntil('traffic goes on', 60_000, nothing, async () => asking.counts.good > before + 50 || undefined);

    await writeFile(file, 'this is no bootstrap');
    wrapper.kill('SIGHUP');
    await has('Epoch 1 serves on');
    await epoch(1);
    await writeFile(file, bootstrapOf(admin, port));
    wrapper.kill('SIGHUP');
    await epoch(2);
    await has('epoch 1 ended with status 0');
    await asking.stop();
    expect(asking.counts.bad).toEqual([]);
    wrapper.kill('SIGTERM');
    expect((await wrapper).exitCode).toBe(0);
  } catch (error) {
    throw new Error(said, { cause: error });
  } finally {
    wrapper.kill('SIGTERM');
    await wrapper;
    await rm(dir, { recursive: true, force: true });
  }
});

test('an Envoy that ends by itself ends the wrapper with a failure, so that its service manager starts it anew', async () => {
  const { exitCode, stderr } = await execa(WRAPPER, ['true'], { reject: false });
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining('epoch 0 ended with status 0')]);
  expect((await execa(WRAPPER, [], { reject: false })).exitCode).toBe(2);
});
