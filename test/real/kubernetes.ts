import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import { pollUntil } from '../../conformance/poll-until.ts';
import { freePort } from './free-port.ts';
import { goProgram } from './go-program.ts';

const PROGRAM = join(import.meta.dirname, '../../tools/kubernetes/kube-apiserver');
const ADMIN = 'an-administrator-of-this-test';

export type KubernetesAnswer = {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** What the server warns of, such as a pod that a namespace would not take. */
  readonly warnings: readonly string[];
};
export interface Kubernetes extends AsyncDisposable {
  readonly url: string;
  readonly ca: string;
  /** For whoever may everything: the programs of a node, `kubectl`. */
  readonly kubeconfig: string;
  ask(method: string, path: string, body?: unknown, options?: AskOptions): Promise<KubernetesAnswer>;
}
type AskOptions = { readonly token?: string; readonly type?: string };

export type KubernetesOptions = {
  /** Of this machine, where nodes and their pods reach the server. Default: the loopback, and no nodes. */
  readonly address?: string;
};

/** A real API server on a real etcd (Debian's `etcd-server`), with RBAC and Pod Security; no controllers and no nodes, so nothing runs in it. */
export async function startKubernetes({ address }: KubernetesOptions = {}): Promise<Kubernetes> {
  const program = await goProgram(PROGRAM);
  const dir = await mkdtemp(join(tmpdir(), 'kubernetes-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const run = (file: string, args: readonly string[]): void => {
    const child = execa(file, [...args], { reject: false, stdio: 'ignore', cwd: dir });
    stack.defer(async () => {
      child.kill('SIGKILL');
      await child;
    });
  };
  const [clients, peers, port] = [await freePort(), await freePort(), await freePort()];
  const at = (one: number): string => `http://127.0.0.1:${one}`;
  const etcd = ['--data-dir', join(dir, 'etcd'), '--listen-client-urls', at(clients), '--listen-peer-urls', at(peers)];
  run('etcd', [...etcd, '--advertise-client-urls', at(clients)]);
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(join(dir, 'sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }));
  await writeFile(join(dir, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(join(dir, 'tokens.csv'), `${ADMIN},admin,1,"system:masters"\n`);
  const flags = {
    'etcd-servers': at(clients),
    'cert-dir': dir,
    'bind-address': address ?? '127.0.0.1',
    'secure-port': port,
    'service-cluster-ip-range': '10.0.0.0/24',
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': join(dir, 'sa.pub'),
    'service-account-signing-key-file': join(dir, 'sa.key'),
    'token-auth-file': join(dir, 'tokens.csv'),
    'authorization-mode': 'RBAC',
    ...(address === undefined
      ? // It waits for the service account `default`, which a controller makes.
        { 'disable-admission-plugins': 'ServiceAccount' }
      : { 'advertise-address': address, 'kubelet-preferred-address-types': 'InternalIP' }),
  };
  run(
    program,
    Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
  );
  const url = `https://${address ?? '127.0.0.1'}:${port}`;
  const ask = async (ca: string, method: string, path: string, body?: unknown, options: AskOptions = {}) => {
    const headers = {
      authorization: `Bearer ${options.token ?? ADMIN}`,
      ...(body === undefined ? {} : { 'content-type': options.type ?? 'application/json' }),
    };
    const { promise, resolve, reject } = Promise.withResolvers<KubernetesAnswer>();
    const asked = request(`${url}${path}`, { method, headers, ca }, (response) => {
      text(response).then((said) => {
        const warnings = [response.headersDistinct.warning ?? []].flat();
        resolve({
          status: response.statusCode ?? 0,
          body: said.startsWith('{') ? JSON.parse(said) : { said },
          warnings,
        });
      }, reject);
    });
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  };
  const ca = await pollUntil('the API server is ready', 180_000, new AbortController().signal, async () => {
    const certificate = await readFile(join(dir, 'apiserver.crt'), 'utf8');
    const { status, body } = await ask(certificate, 'GET', '/readyz');
    if (status !== 200) throw new Error(JSON.stringify(body));
    return certificate;
  });
  const owned = stack.move();
  return {
    url,
    ca,
    kubeconfig: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'test', cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
      ],
      users: [{ name: 'admin', user: { token: ADMIN } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
      'current-context': 'test',
    }),
    ask: (method, path, body, options) => ask(ca, method, path, body, options),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
