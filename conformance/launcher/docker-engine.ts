import { hostname } from 'node:os';
import type { ContainerRuntimeClient } from 'testcontainers';
import type { EnvoyRelease } from '../../render/config/mesh-config.ts';
import { LauncherError } from './envoy-launcher.ts';

/**
 * `host`: the container shares this machine's network, so loopback is loopback. `published`: it has one of its own (Docker Desktop,
 * whose containers live in a virtual machine); its ports are published on 127.0.0.1, and it calls this machine `host.docker.internal`.
 */
export type DockerNetwork = 'host' | 'published';

export type DockerEngine = {
  readonly client: ContainerRuntimeClient;
  /** Of a few words: `Docker 28.2.2`. */
  readonly description: string;
  readonly network: DockerNetwork;
  /** `uid:gid` for containers, so that what they write into a scratch directory is ours; root where the engine maps users. */
  readonly user: string;
  /** Whether testcontainers' reaper runs; without it, containers of a process that was killed go when the next run starts. */
  readonly reaper: boolean;
};

export const RUN_LABEL = 'meshgate.run';
/** Who started a container, so that the next run on this machine can tell whether its owner is gone. */
export const OWNER_LABEL = 'meshgate.owner';
const ownerLabel = (pid: number): string => `${hostname()}/${pid}`;
export const ownLabel = (): string => ownerLabel(process.pid);

export const imageOf = ({ version, image }: EnvoyRelease): string => image ?? `envoyproxy/envoy:v${version}`;

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1']);

let connected: Promise<DockerEngine> | undefined;

/** The engine that answers here. Rejects with `LauncherError` `NO_DOCKER`. The first call removes what killed runs left behind. */
export function dockerEngine(): Promise<DockerEngine> {
  connected ??= connect();
  connected.catch(() => {
    connected = undefined;
  });
  return connected;
}

async function connect(): Promise<DockerEngine> {
  // Only here: loading it takes longer than an Envoy takes to start.
  const { getContainerRuntimeClient, getReaper } = await import('testcontainers');
  const client = await getContainerRuntimeClient().catch((fault: unknown) => {
    throw new LauncherError(
      'NO_DOCKER',
      'no Docker engine answers here; start one (and see that this user may use it), or use --launcher process',
      { cause: fault },
    );
  });
  const { host, serverVersion, operatingSystem } = client.info.containerRuntime;
  const info = (await client.container.dockerode.info()) as { Name?: string; SecurityOptions?: readonly string[] };
  // Inside of a container testcontainers takes the engine for its host's, also where the engine runs beside us in the same container.
  const isHere = LOOPBACK.has(host) || info.Name === hostname();
  if (!isHere)
    throw new LauncherError(
      'NO_DOCKER',
      `the Docker engine is on another machine (${host}), and scratch directories cannot be mounted there; use --launcher process`,
    );
  const mapsUsers = info.SecurityOptions?.some((option) => /name=(rootless|userns)/.test(option)) ?? false;
  // Where the reaper's image cannot be had (or TESTCONTAINERS_RYUK_DISABLED says so), labels do its work.
  const reaper = await getReaper(client).then(
    () => true,
    () => false,
  );
  await removeLeftovers(client).catch(() => undefined);
  return {
    client,
    description: `Docker ${serverVersion}`,
    network: process.platform === 'linux' && !/Docker Desktop/.test(operatingSystem) ? 'host' : 'published',
    user: mapsUsers ? '0:0' : `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`,
    reaper,
  };
}

/** Sees to it that the image is there: asks the engine, then the registry. Rejects with `NO_IMAGE`, naming the ways. */
export async function ensureImage(
  { client }: DockerEngine,
  release: EnvoyRelease,
  onProgress: (line: string) => void = () => undefined,
): Promise<void> {
  const { ImageName } = await import('testcontainers');
  const name = imageOf(release);
  const image = ImageName.fromString(name);
  if (await client.image.exists(image)) return;
  onProgress(`pulling ${name}`);
  try {
    await client.image.pull(image);
  } catch (fault) {
    const why = fault instanceof Error ? fault.message : String(fault);
    if (/no space left on device/i.test(why))
      throw new LauncherError(
        'DISK_FULL',
        `cannot pull ${name}: the engine's disk is full; free some space (docker system prune)`,
        { cause: fault },
      );
    throw new LauncherError(
      'NO_IMAGE',
      `there is no image ${name} and it cannot be pulled (${why.split('\n')[0]}); pull or load it, name another image for ${release.version} in mesh.yaml, build one with \`node tools/envoy-image.ts ${release.version}\`, or use --launcher process`,
      { cause: fault },
    );
  }
}

/** Removes containers whose owner on this machine is gone. */
export async function removeLeftovers({ container: { dockerode } }: ContainerRuntimeClient): Promise<void> {
  const ours = await dockerode.listContainers({ all: true, filters: { label: [OWNER_LABEL] } });
  await Promise.all(
    ours.map(async ({ Id, Labels }) => {
      const [host, pid] = (Labels[OWNER_LABEL] ?? '').split('/');
      if (host !== hostname() || isAlive(Number(pid))) return;
      await dockerode.getContainer(Id).remove({ force: true, v: true });
    }),
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code === 'EPERM';
  }
}
