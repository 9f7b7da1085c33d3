import { once } from 'node:events';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WaitStrategy } from 'testcontainers';
import { CappedText } from './capped-text.ts';
import { type DockerEngine, type DockerNetwork, OWNER_LABEL, ownLabel, RUN_LABEL } from './docker-engine.ts';
import type { EnvoyEnd, LauncherHooks, StartedEnvoy } from './envoy-launcher.ts';
import type { EnvoyRun } from './envoy-run.ts';

export type ContainerSpec = {
  readonly engine: DockerEngine;
  readonly network: DockerNetwork;
  readonly image: string;
  readonly args: readonly string[];
  /** Mounted at the same path. */
  readonly scratchDir: string;
  readonly runId: string;
  /** Container ports, and the ports of 127.0.0.1 that they are published on (0: any). */
  readonly ports: ReadonlyMap<number, number>;
  readonly hooks: LauncherHooks;
};

/** Ended by SIGTERM, by SIGKILL after a second, and removed then. */
export type EnvoyContainer = EnvoyRun & {
  readonly id: string;
  /** Of its first process, outside of it; undefined once it has ended. Never rejects. */
  hostPid(): Promise<number | undefined>;
  /** Where a published port of the container is on 127.0.0.1. */
  publishedPort(containerPort: number): Promise<number | undefined>;
};

/** Its admin says when Envoy is up (see `awaitReady`): that is faster than any probe through the engine, and the same for all launchers. */
const NO_WAIT: WaitStrategy = {
  waitUntilReady: async () => undefined,
  withStartupTimeout: () => NO_WAIT,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => 0,
};
const LAST_WORDS_WITHIN_MS = 2_000;

/** Creates and starts a container. Rejects with the engine's error, and leaves nothing behind then. */
export async function startEnvoyContainer(spec: ContainerSpec): Promise<EnvoyContainer> {
  const { engine, hooks } = spec;
  const { dockerode } = engine.client.container;
  let started: StartedEnvoy | undefined;
  const onCreated = (containerId: string): void => {
    started = { pid: undefined, containerId };
    hooks.onStarted?.(started);
  };
  const onGone = (): void => {
    if (started) hooks.onEnded?.(started);
  };
  const container = await describeContainer(spec, onCreated);
  try {
    const id = (await container.start()).getId();
    return await followContainer(engine, id, onGone);
  } catch (fault) {
    const id = started?.containerId;
    if (id === undefined) throw fault;
    // With published ports, testcontainers gives up on a container that has ended already; its log is what we are after.
    const state = (
      await dockerode
        .getContainer(id)
        .inspect()
        .catch(() => undefined)
    )?.State;
    if (state?.Status === 'exited') return followContainer(engine, id, onGone);
    await dockerode
      .getContainer(id)
      .remove({ force: true, v: true })
      .catch(() => undefined);
    onGone();
    throw fault;
  }
}

async function describeContainer(spec: ContainerSpec, onCreated: (id: string) => void) {
  const { engine, scratchDir, ports } = spec;
  const { GenericContainer } = await import('testcontainers');
  class EnvoyImage extends GenericContainer {
    constructor() {
      super(spec.image);
      // A mount rather than a bind: a bind's text cannot name paths with colons.
      this.hostConfig.Mounts = [{ Type: 'bind', Source: scratchDir, Target: scratchDir }];
      if (ports.size === 0) return;
      this.createOpts.ExposedPorts = Object.fromEntries([...ports.keys()].map((port) => [`${port}/tcp`, {}]));
      this.hostConfig.PortBindings = Object.fromEntries(
        [...ports].map(([port, host]) => [`${port}/tcp`, [{ HostIp: '127.0.0.1', HostPort: String(host) }]]),
      );
    }
    protected override async containerCreated(id: string): Promise<void> {
      onCreated(id);
    }
  }
  const container = new EnvoyImage()
    .withEntrypoint(['/usr/local/bin/envoy'])
    .withCommand([...spec.args])
    .withUser(engine.user)
    .withLabels({ [RUN_LABEL]: spec.runId, [OWNER_LABEL]: ownLabel() })
    .withAutoCleanup(engine.reaper)
    .withWaitStrategy(NO_WAIT);
  return spec.network === 'host'
    ? container.withNetworkMode('host')
    : container.withExtraHosts([{ host: 'host.docker.internal', ipAddress: 'host-gateway' }]);
}

async function followContainer(engine: DockerEngine, id: string, onGone: () => void): Promise<EnvoyContainer> {
  const container = engine.client.container.getById(id);
  const captured = new CappedText();
  const output = await engine.client.container.logs(container);
  output.on('data', (piece: Buffer | string) => captured.append(piece.toString()));
  output.on('error', () => undefined);
  const allRead = Promise.race([once(output, 'end'), once(output, 'close')]).catch(() => undefined);

  let outOfMemory = false;
  const ended = (async (): Promise<EnvoyEnd> => {
    const result = await container.wait().catch(() => undefined);
    await Promise.race([allRead, sleep(LAST_WORDS_WITHIN_MS, undefined, { ref: false })]);
    const state = (await container.inspect().catch(() => undefined))?.State;
    outOfMemory = state?.OOMKilled ?? false;
    return endOf(result?.StatusCode ?? state?.ExitCode);
  })();
  let ending: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    // A second is the least that the engine knows; Envoy takes 10 ms.
    await container.stop({ t: 1 }).catch(() => undefined);
    await Promise.race([ended, sleep(LAST_WORDS_WITHIN_MS, undefined, { ref: false })]);
    await container.remove({ force: true, v: true }).catch(() => undefined);
    output.destroy();
    onGone();
  };
  return {
    id,
    ended,
    log: () => captured.text(),
    memoryRanOut: () => outOfMemory,
    hostPid: async () => (await container.inspect().catch(() => undefined))?.State.Pid || undefined,
    publishedPort: async (port) => {
      const published = (await container.inspect()).NetworkSettings.Ports[`${port}/tcp`]?.[0]?.HostPort;
      return published === undefined ? undefined : Number(published);
    },
    end: () => {
      ending ??= end();
      return ending;
    },
  };
}

const SIGNALS = constants.signals;

/** A container that was ended by a signal reports 128 plus its number. */
function endOf(status: number | undefined): EnvoyEnd {
  const signal = Object.entries(SIGNALS).find(([, number]) => status === 128 + number)?.[0];
  return signal === undefined ? { exitCode: status, signal: undefined } : { exitCode: undefined, signal };
}
