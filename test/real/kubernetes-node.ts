import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { pollUntil } from '../../conformance/poll-until.ts';
import { goProgram } from './go-program.ts';
import { type Kubernetes, startKubernetes } from './kubernetes.ts';
import { nodeMachineImage, PAUSE_IMAGE, pauseImage } from './local-images.ts';

const PROGRAMS = join(import.meta.dirname, '../../tools/kubernetes');
const FILES = join(import.meta.dirname, 'kubernetes-node');
const NODE = 'node-1';

export interface KubernetesNode extends AsyncDisposable {
  readonly kubernetes: Kubernetes;
  /** Of this machine, as pods reach it: what a test starts for them listens there. */
  readonly address: string;
  /** `KUBECONFIG`, and a `PATH` on which `kubectl` is. */
  readonly env: { readonly KUBECONFIG: string; readonly PATH: string };
  /** Makes images of this machine's Docker known to the node, as a registry would. */
  load(images: readonly string[]): Promise<void>;
  /** What the programs of the node said last, for whoever asks why something does not run. */
  logs(): Promise<string>;
}

/**
 * A cluster of one node: the API server of `startKubernetes`, and in a container of its own, with which all of it ends (processes, mounts,
 * network), containerd, kubelet, kube-proxy, scheduler, controllers and CoreDNS. Pods are real, names of Services are, and so are their
 * addresses; network policies are not enforced, and images come by `load` alone. Minutes, and many more while programs are first built.
 * Rejects on a machine of cgroup v2, which this container is not made for.
 */
export async function startKubernetesNode(): Promise<KubernetesNode> {
  if (existsSync('/sys/fs/cgroup/cgroup.controllers')) throw new Error('a node of these tests wants cgroup v1');
  const program = await goProgram(join(PROGRAMS, 'node'));
  const coredns = await goProgram(join(PROGRAMS, 'coredns'));
  const image = await nodeMachineImage();
  await pauseImage(await goProgram(join(PROGRAMS, 'pause')));
  const { stdout: networks } = await execa('docker', [
    'network',
    'inspect',
    'bridge',
    '--format',
    '{{json .IPAM.Config}}',
  ]);
  const address = (JSON.parse(networks) as readonly { readonly Gateway: string }[])[0]?.Gateway ?? '';

  await using stack = new AsyncDisposableStack();
  const kubernetes = stack.use(await startKubernetes({ address }));
  const dir = await mkdtemp(join(tmpdir(), 'kubernetes-node-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const KUBECONFIG = join(dir, 'kubeconfig');
  await writeFile(KUBECONFIG, kubernetes.kubeconfig, { mode: 0o600 });
  await writeFile(join(dir, 'ca.crt'), kubernetes.ca);
  await mkdir(join(dir, 'bin'));
  await symlink(program, join(dir, 'bin/kubectl'));

  const names = ['kubelet', 'kube-proxy', 'kube-scheduler', 'kube-controller-manager', 'kubectl'];
  const { stdout: container } = await execa('docker', [
    ...['run', '--detach', '--init', '--hostname', NODE, '--cgroupns', 'private'],
    // All but what `--privileged` wants besides: some machines do not have SYS_RESOURCE to give.
    ...['--cap-add', 'ALL', '--cap-drop', 'SYS_RESOURCE'],
    ...['seccomp=unconfined', 'apparmor=unconfined', 'systempaths=unconfined'].flatMap((one) => [
      '--security-opt',
      one,
    ]),
    ...['c *:* rwm', 'b *:* rwm'].flatMap((rule) => ['--device-cgroup-rule', rule]),
    ...['--device', '/dev/kmsg', '--tmpfs', '/run', '--tmpfs', '/tmp:exec'],
    ...['/var/lib/containerd', '/var/lib/kubelet', '/var/log'].flatMap((place) => ['--volume', place]),
    ...[...names.map((name) => `${program}:/usr/local/bin/${name}:ro`), `${coredns}:/usr/local/bin/coredns:ro`].flatMap(
      (one) => ['--volume', one],
    ),
    ...['--volume', `${dir}:/etc/cluster:ro`, '--volume', `${FILES}:/etc/node:ro`],
    ...[image, 'sh', '/etc/node/start.sh'],
  ]);
  stack.defer(async () => {
    await execa('docker', ['rm', '--force', '--volumes', container]);
  });
  const inside = (...command: string[]) => execa('docker', ['exec', '--interactive', container, ...command]);
  const logs = async (): Promise<string> =>
    (await execa('docker', ['exec', container, 'sh', '-c', 'tail -n 15 /var/log/node/*.log'], { reject: false }))
      .stdout;
  const until = (what: string, probe: () => Promise<boolean>): Promise<unknown> =>
    pollUntil(what, 300_000, new AbortController().signal, async () => (await probe()) || undefined).catch(
      async (error: unknown) => {
        throw new Error(`${what}: not seen\n${await logs()}`, { cause: error });
      },
    );
  const load = async (images: readonly string[]): Promise<void> => {
    const save = execa('docker', ['save', ...images], { buffer: false });
    await save.pipe('docker', [
      'exec',
      '--interactive',
      container,
      'ctr',
      '--namespace',
      'k8s.io',
      'images',
      'import',
      '-',
    ]);
  };
  await until('containerd answers', async () => (await inside('ctr', 'version')).exitCode === 0);
  await load([PAUSE_IMAGE]);
  await until(`${NODE} is ready`, async () => {
    const { body } = await kubernetes.ask('GET', `/api/v1/nodes/${NODE}`);
    return /"type":"Ready","status":"True"|"status":"True"[^}]*"type":"Ready"/.test(JSON.stringify(body.status));
  });
  const owned = stack.move();
  return {
    kubernetes,
    address,
    env: { KUBECONFIG, PATH: `${join(dir, 'bin')}:${process.env.PATH}` },
    load,
    logs,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
