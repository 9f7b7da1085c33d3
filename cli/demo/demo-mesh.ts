import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

export const DEMO_STAGES = ['beta', 'staging', 'canary', 'release'] as const;
export type DemoStage = (typeof DEMO_STAGES)[number];

/** Where the demo's world listens, on 127.0.0.1. */
export type DemoPorts = {
  /** Where the control plane of each stage is asked and told things. */
  readonly admin: ReadonlyMap<DemoStage, number>;
  readonly registry: ReadonlyMap<DemoStage, number>;
  /** An app that no config names. */
  readonly reviews: number;
  readonly edge: ReadonlyMap<DemoStage, number>;
  /** All that there will ever be; the mesh begins with the first four. */
  readonly catalog: readonly number[];
  /** Each stage pays by hosts of its own: those of canary and release are as slow as real ones. */
  readonly payments: ReadonlyMap<DemoStage, readonly number[]>;
  readonly board: number;
};

export type Author = { readonly name: string; readonly email: string };

/** The demo's mesh config as a git repository, and how its people change it. */
export type DemoMesh = {
  readonly dir: string;
  /** Commits what `change` did to the files. Resolves with the commit. */
  commit(message: string, author: Author, change: () => Promise<void>): Promise<string>;
  setCatalogHosts(ports: readonly number[]): Promise<void>;
  /** The catalog's hosts are no longer listed, but registered; and so is each app (`found/`). */
  findHosts(): Promise<void>;
  /** Replaces text in a file that has it exactly once; rejects otherwise. */
  replaceIn(file: string, from: string, to: string): Promise<void>;
};

const FIRST_HOSTS = 4;

/** Writes the demo's mesh into `dir` (which must not exist yet) and commits it. `adapt` may change `mesh.yaml` before: another kind of target, say. */
export async function writeDemoMesh(
  dir: string,
  ports: DemoPorts,
  author: Author,
  adapt: (meshYaml: string) => string = (text) => text,
): Promise<DemoMesh> {
  await cp(join(import.meta.dirname, 'mesh'), dir, { recursive: true });
  const git = async (...args: string[]): Promise<string> => (await execa('git', args, { cwd: dir })).stdout;
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await writeFile(join(dir, file), text);
  };
  const mesh: DemoMesh = {
    dir,
    async commit(message, { name, email }, change) {
      await change();
      await git('add', '--all');
      const as = ['-c', `user.name=${name}`, '-c', `user.email=${email}`, '-c', 'commit.gpgSign=false'];
      await git(...as, 'commit', '--quiet', '--no-verify', '-m', message);
      return git('rev-parse', 'HEAD');
    },
    setCatalogHosts: (catalog) => write('endpoints/catalog.yaml', endpointsOf('catalog', catalog)),
    async findHosts() {
      await cp(join(import.meta.dirname, 'found'), dir, { recursive: true });
      await rm(join(dir, 'endpoints/catalog.yaml'));
      const found = '  discovery: { sources: [{ kind: registry, service: catalog }] }\n';
      await mesh.replaceIn('clusters.yaml', '- name: catalog\n', `- name: catalog\n${found}`);
    },
    async replaceIn(file, from, to) {
      const text = await readFile(join(dir, file), 'utf8');
      if (text.split(from).length !== 2) throw new Error(`${file}: not exactly one ${JSON.stringify(from)}`);
      await writeFile(
        join(dir, file),
        text.replace(from, () => to),
      );
    },
  };
  await git('init', '--quiet', '--initial-branch=main');
  await mesh.commit('The shop: catalog and payments', author, async () => {
    await write('mesh.yaml', adapt(await readFile(join(dir, 'mesh.yaml'), 'utf8')));
    for (const stage of DEMO_STAGES) {
      await write(`values/${stage}.yaml`, `edge_port: ${ports.edge.get(stage)}\n`);
      await write(`stages/${stage}/endpoints/payments.yaml`, endpointsOf('payments', ports.payments.get(stage) ?? []));
    }
    await mesh.setCatalogHosts(ports.catalog.slice(0, FIRST_HOSTS));
  });
  return mesh;
}

/** One host a line, so that a diff reads as hosts added and taken away. */
const endpointsOf = (cluster: string, ports: readonly number[]): string =>
  [
    `cluster_name: ${cluster}`,
    'endpoints:',
    '  - lb_endpoints:',
    ...ports.map(
      (port) => `      - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } }`,
    ),
    '',
  ].join('\n');
