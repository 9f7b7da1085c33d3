import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

export type BenchStage = {
  readonly name: string;
  /** As in `mesh.yaml`; none: it goes by itself once it is proved. */
  readonly gates?: string;
  readonly port: number;
};
export type BenchMesh = {
  readonly dir: string;
  /** Commits another timeout of the routes, by somebody who approves nothing. Resolves with the commit. */
  change(timeoutMs: number): Promise<string>;
};

export const BENCH_ENVOY = '1.40.0';
const DEMO_MESH = join(import.meta.dirname, '../../cli/demo/mesh');

const meshYaml = (stages: readonly BenchStage[], observe: string): string => `envoy: ["${BENCH_ENVOY}"]
branch: main
slack: { channel: mesh-releases }
access:
  people:
    ada: { unix: [ada], slack: [T0MESHGATE/U0ADA], emails: [ada@example.com] }
    grace: { unix: [grace], slack: [T0MESHGATE/U0GRACE], emails: [grace@example.com] }
    lin: { unix: [lin], slack: [T0MESHGATE/U0LIN], emails: [lin@example.com] }
    omar: { unix: [omar], slack: [T0MESHGATE/U0OMAR], emails: [omar@example.com] }
  groups:
    release-managers: { members: [ada, grace, lin, omar] }
  roles:
    request: [release-managers]
    approve: [release-managers]
observe: { ${observe} }
stages:
${stages
  .map(
    ({ name, gates }) => `  - name: ${name}
    node: { cluster: bench-${name} }
${gates === undefined ? '' : `    gates: ${gates}\n`}    target: { kind: git, repository: live.git, branch: ${name} }
`,
  )
  .join('')}`;

const endpoints = (cluster: string): string => `cluster_name: ${cluster}
endpoints:
  - lb_endpoints:
      - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 9 } } }
`;

/** The demo's shop, as a repository with other stages. Nobody checks the health of hosts: the benchmark measures no host. */
export async function writeBenchMesh(dir: string, stages: readonly BenchStage[], observe: string): Promise<BenchMesh> {
  await cp(DEMO_MESH, dir, { recursive: true });
  const git = async (...args: string[]): Promise<string> => (await execa('git', args, { cwd: dir })).stdout;
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await writeFile(join(dir, file), text);
  };
  const change = async (timeoutMs: number): Promise<string> => {
    await write(
      'routes.yaml',
      `- name: shop
  virtual_hosts:
    - name: shop
      domains: ["*"]
      routes:
        - { match: { prefix: /payments }, route: { cluster: payments, timeout: ${timeoutMs / 1_000}s } }
        - { match: { prefix: / }, route: { cluster: catalog, timeout: 2s } }
`,
    );
    await git('add', '--all');
    const as = ['-c', 'user.name=Dan', '-c', 'user.email=dan@example.com', '-c', 'commit.gpgSign=false'];
    await git(...as, 'commit', '--quiet', '--no-verify', '-m', `payments within ${timeoutMs} ms`);
    return git('rev-parse', 'HEAD');
  };
  await git('init', '--quiet', '--initial-branch=main');
  await write('mesh.yaml', meshYaml(stages, observe));
  await write(
    'clusters.yaml',
    ['catalog', 'payments']
      .map(
        (name) =>
          `- name: ${name}\n  type: EDS\n  eds_cluster_config: { eds_config: { ads: {}, resource_api_version: V3 } }\n  connect_timeout: 1s\n`,
      )
      .join(''),
  );
  for (const name of ['catalog', 'payments']) await write(`endpoints/${name}.yaml`, endpoints(name));
  for (const { name, port } of stages) await write(`values/${name}.yaml`, `edge_port: ${port}\n`);
  await change(1_000);
  return { dir, change };
}
