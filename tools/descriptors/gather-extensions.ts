import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

/**
 * Writes down which extensions an Envoy has compiled in: `node tools/descriptors/gather-extensions.ts PATH_OF_ENVOY…`.
 *
 * A running Envoy lists every registered extension with its category, name and the types of its configuration in the `node` of
 * its own config dump. Each binary is started once on loopback with an empty configuration; the answer goes to
 * `render/api/extensions/envoy-<minor>.json` as category → { name → types }.
 */
const EXTENSIONS = join(import.meta.dirname, '../../render/api/extensions');
const READY_TIMEOUT_MS = 20_000;

type Registered = { readonly name: string; readonly category: string; readonly type_urls?: readonly string[] };
type ConfigDump = {
  readonly configs: readonly { readonly bootstrap?: { readonly node?: { readonly extensions?: Registered[] } } }[];
};

async function gather(binary: string): Promise<{ minor: string; extensions: readonly Registered[] }> {
  const work = await mkdtemp(join(tmpdir(), 'meshgate-extensions-'));
  const addressFile = join(work, 'admin');
  const bootstrap = { admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } } };
  const args = [
    '--config-yaml',
    JSON.stringify(bootstrap),
    '--use-dynamic-base-id',
    '--concurrency',
    '1',
    '-l',
    'warn',
  ];
  const envoy = execa(binary, [...args, '--admin-address-path', addressFile], { reject: false });
  try {
    const endsAt = performance.now() + READY_TIMEOUT_MS;
    for (let cause: unknown; ; await sleep(50)) {
      try {
        const admin = (await readFile(addressFile, 'utf8')).trim();
        const info = (await (await fetch(`http://${admin}/server_info`)).json()) as { version: string };
        const dump = (await (await fetch(`http://${admin}/config_dump`)).json()) as ConfigDump;
        const minor = /\/(\d+\.\d+)\.\d+/.exec(info.version)?.[1];
        const extensions = dump.configs.find((config) => config.bootstrap)?.bootstrap?.node?.extensions;
        if (!minor || !extensions) throw new Error(`no version or no extensions in the answers of ${binary}`);
        return { minor, extensions };
      } catch (error) {
        cause = error;
      }
      if (performance.now() > endsAt) throw new Error(`${binary} did not answer in ${READY_TIMEOUT_MS} ms`, { cause });
    }
  } finally {
    envoy.kill();
    await envoy;
    await rm(work, { recursive: true, force: true });
  }
}

if (process.argv.length < 3) {
  console.error('usage: node tools/descriptors/gather-extensions.ts PATH_OF_ENVOY…');
  process.exit(2);
}
for (const binary of process.argv.slice(2)) {
  const { minor, extensions } = await gather(binary);
  const byCategory: Record<string, Record<string, readonly string[]>> = {};
  for (const { category, name, type_urls = [] } of extensions.toSorted((a, b) =>
    `${a.category} ${a.name}` < `${b.category} ${b.name}` ? -1 : 1,
  )) {
    byCategory[category] ??= {};
    byCategory[category][name] = [...type_urls].sort();
  }
  const file = join(EXTENSIONS, `envoy-${minor}.json`);
  await writeFile(file, JSON.stringify(byCategory));
  await execa('biome', ['format', '--write', file], { preferLocal: true, cwd: import.meta.dirname });
  console.log(`envoy-${minor}: ${extensions.length} extensions in ${Object.keys(byCategory).length} categories`);
}
