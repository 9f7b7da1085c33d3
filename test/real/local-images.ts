import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

/** What `deploy/Dockerfile` is built from. */
export const NODE_IMAGE = /^ARG NODE_IMAGE=(\S+)$/m;
const DEBIAN = 'meshgate-test-debian';
const VM = 'meshgate-test-vm';
const NODE_MACHINE = 'meshgate-test-node';
/** What holds a pod's namespaces on a test's node. */
export const PAUSE_IMAGE = 'meshgate-test-pause:1';
const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';

const isThere = async (image: string): Promise<boolean> =>
  !(await execa('docker', ['image', 'inspect', image], { reject: false })).failed;

/**
 * The image of that name, or one that stands in for it where no image registry is reached: Debian by debootstrap, with this Node and the
 * machine's npm where the official one has them. It differs in what else the official one has (yarn, an entry point), and knows the
 * certificate authorities of this machine.
 */
export async function nodeImage(name: string): Promise<void> {
  if (await isThere(name)) return;
  const dir = await mkdtemp(join(tmpdir(), 'meshgate-image-'));
  try {
    const debian = await debianImage();
    const local = join(dir, 'context/root/usr/local');
    await mkdir(join(local, 'bin'), { recursive: true });
    await cp(await realpath(process.execPath), join(local, 'bin/node'));
    const { stdout: modules } = await execa('npm', ['root', '--global']);
    await cp(join(modules, 'npm'), join(local, 'lib/node_modules/npm'), { recursive: true });
    for (const program of ['npm', 'npx'])
      await symlink(`../lib/node_modules/npm/bin/${program}-cli.js`, join(local, 'bin', program));
    const certs = join(dir, 'context/root', AUTHORITIES);
    await mkdir(dirname(certs), { recursive: true });
    await writeFile(certs, await readFile(AUTHORITIES));
    await build(
      name,
      join(dir, 'context'),
      ['COPY root/ /', `ENV NODE_EXTRA_CA_CERTS=${AUTHORITIES}`, 'CMD ["node"]'],
      debian,
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function debianImage(): Promise<string> {
  if (await isThere(DEBIAN)) return DEBIAN;
  const dir = await mkdtemp(join(tmpdir(), 'meshgate-image-'));
  try {
    const root = join(dir, 'debian'); // `dir` itself is closed to others, and so would `/` of the image be
    await execa('debootstrap', ['--variant=minbase', '--include=ca-certificates,libstdc++6', 'bookworm', root]);
    const tar = execa('tar', ['-C', root, '-c', '.'], { buffer: false });
    await tar.pipe('docker', ['import', '-', DEBIAN]);
    return DEBIAN;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** A clean machine: Debian with systemd as its first process, Node, git, curl and Python. Returns its name. */
export async function vmImage(node: string): Promise<string> {
  if (await isThere(VM)) return VM;
  const dir = await mkdtemp(join(tmpdir(), 'meshgate-image-'));
  try {
    const packages = 'systemd systemd-sysv libnss-systemd dbus git curl procps python3';
    const install = `RUN apt-get update && apt-get install -y --no-install-recommends ${packages}`;
    await build(VM, dir, [install, 'CMD ["/lib/systemd/systemd"]'], node);
    return VM;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** What a node of Kubernetes runs on, but for the programs of Kubernetes itself. Returns its name. */
export async function nodeMachineImage(): Promise<string> {
  if (await isThere(NODE_MACHINE)) return NODE_MACHINE;
  const dir = await mkdtemp(join(tmpdir(), 'meshgate-image-'));
  try {
    const packages = 'containerd runc containernetworking-plugins iptables conntrack iproute2 mount procps';
    const install = `RUN apt-get update && apt-get install -y --no-install-recommends ${packages}`;
    await build(NODE_MACHINE, dir, [install], await debianImage());
    return NODE_MACHINE;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** `PAUSE_IMAGE`, of a static program. */
export async function pauseImage(program: string): Promise<void> {
  if (await isThere(PAUSE_IMAGE)) return;
  const dir = await mkdtemp(join(tmpdir(), 'meshgate-image-'));
  try {
    await cp(program, join(dir, 'pause'));
    await build(PAUSE_IMAGE, dir, ['COPY pause /pause', 'USER 65535:65535', 'ENTRYPOINT ["/pause"]'], 'scratch');
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function build(name: string, context: string, lines: readonly string[], from: string): Promise<void> {
  await mkdir(context, { recursive: true });
  await writeFile(join(context, 'Dockerfile'), `${[`FROM ${from}`, ...lines].join('\n')}\n`);
  await execa('docker', ['build', '--network', 'host', '--quiet', '--tag', name, context], {
    env: { DOCKER_BUILDKIT: '0' },
  });
}
