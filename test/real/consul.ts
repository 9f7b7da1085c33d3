import { randomUUID } from 'node:crypto';
import { chmod, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { freePort } from './free-port.ts';
import { goBuildMissing, keptProgram } from './kept-program.ts';
import { untilReady } from './until-ready.ts';

// The real agent and server; later lines are under another licence. https://github.com/hashicorp/consul
const CONSUL_VERSION = '1.10.12';
const NAME = `consul-${CONSUL_VERSION}`;
const READY_MS = 60_000;

/** Why there can be no Consul here; undefined where there can. */
export const consulMissing = (cacheDir: string): Promise<string | undefined> => goBuildMissing(cacheDir, NAME);

/** Built once into `cacheDir`; the first time takes minutes. */
const consulIn = (cacheDir: string): Promise<string> =>
  keptProgram(cacheDir, NAME, async (work) => {
    const module = `github.com/hashicorp/consul@v${CONSUL_VERSION}`;
    const { stdout } = await execa('go', ['mod', 'download', '-json', module], { cwd: work });
    const source = join(work, 'source');
    await cp((JSON.parse(stdout) as { readonly Dir: string }).Dir, source, { recursive: true });
    // Files of the module cache cannot be written to.
    await execa('chmod', ['-R', 'u+w', source]);
    const go = (...args: readonly string[]) => execa('go', args, { cwd: source, env: { GOFLAGS: '-mod=mod' } });
    // The module names its own two libraries by paths that are in its repository alone.
    for (const [name, version] of [
      ['api', 'v1.15.3'],
      ['sdk', 'v0.11.0'],
    ]) {
      const library = `github.com/hashicorp/consul/${name}`;
      await go('mod', 'edit', '-dropreplace', library, '-require', `${library}@${version}`);
    }
    const built = join(work, 'consul');
    await go('build', '-ldflags=-checklinkname=0', '-o', built, '.');
    await chmod(built, 0o755);
    return built;
  });

export type Consul = AsyncDisposable & {
  readonly url: string;
  /** Without it nothing is answered: the agent has access control, and denies by default. */
  readonly token: string;
  /** One call of its API; rejects when it is refused. */
  call(method: string, path: string, body?: unknown): Promise<unknown>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** On the same port, with nothing in it: the agent keeps all in memory. */
  start(): Promise<void>;
};

/** An agent of its own in development mode: a server of one node. */
export async function startConsul(cacheDir: string): Promise<Consul> {
  const program = await consulIn(cacheDir);
  const dir = await mkdtemp(join(tmpdir(), 'meshgate-consul-'));
  const http = await freePort();
  const url = `http://127.0.0.1:${http}`;
  const token = randomUUID();
  const args = [
    'agent',
    '-dev',
    '-bind=127.0.0.1',
    '-client=127.0.0.1',
    '-advertise=127.0.0.1',
    '-disable-host-node-id',
  ];
  const run = async () => {
    const [server, lan] = [await freePort(), await freePort()];
    const ports = [`-http-port=${http}`, '-https-port=-1', '-grpc-port=-1', '-dns-port=-1', `-server-port=${server}`];
    const serf = [`-serf-lan-port=${lan}`, '-serf-wan-port=-1', '-log-level=warn'];
    const acl = `-hcl=acl { enabled = true default_policy = "deny" tokens { master = "${token}" agent = "${token}" } }`;
    return {
      child: execa(program, [...args, ...ports, ...serf, acl], { cwd: dir, reject: false, all: true, stdin: 'ignore' }),
    };
  };
  let child: Awaited<ReturnType<typeof run>>['child'] | undefined;

  async function start(): Promise<void> {
    const started = (await run()).child;
    child = started;
    await untilReady('Consul', started, READY_MS, () => hasLeader(url, token));
  }
  async function kill(): Promise<void> {
    child?.kill('SIGKILL');
    await child;
  }
  async function call(method: string, path: string, body?: unknown): Promise<unknown> {
    const headers = { 'x-consul-token': token };
    const response = await fetch(`${url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Consul answered ${method} ${path} with ${response.status}: ${text}`);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  }
  await start();
  return {
    url,
    token,
    call,
    start,
    kill,
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Its own node is in the catalogue too: before that a service cannot be registered with checks. */
async function hasLeader(url: string, token: string): Promise<boolean> {
  const response = await fetch(`${url}/v1/catalog/nodes`, { headers: { 'x-consul-token': token } });
  return response.ok && ((await response.json()) as unknown[]).length > 0;
}
