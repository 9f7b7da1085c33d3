import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConversationEntry } from '../../controlplane/conversation.ts';
import { servedSnapshot } from '../../controlplane/encode-served.ts';
import type { Applied, ControlPlane } from '../../controlplane/xds/control-plane.ts';
import type { EnvoyRelease } from '../../render/config/mesh-config.ts';
import type { Resource } from '../../render/resource.ts';
import { resourcesOf, type Snapshot } from '../../render/snapshot.ts';
import { readListeners } from '../admin/listeners.ts';
import type { Cell } from '../cell.ts';
import type { EnvoyLauncher, RunningEnvoy } from '../launcher/envoy-launcher.ts';
import type { Pki } from '../pki/pki.ts';
import { accessLogFile } from '../substitute/access-log-file.ts';
import { substitute } from '../substitute/substitute.ts';
import type { Substitution } from '../substitute/substitution.ts';
import type { UpstreamPool } from '../upstream/upstream-pool.ts';
import { bootstrapFor } from './bootstrap.ts';
import { nodeIdentityFor } from './node-identity.ts';
import type { ListenerAddress, RunningCell } from './running-cell.ts';
import { type Starvation, watchStarvation } from './starvation.ts';

/** What every Envoy of a cell is started with. */
export type CellEquipment = {
  readonly launcher: EnvoyLauncher;
  readonly controlPlane: ControlPlane;
  readonly pki: Pki;
  /** A text that matches a regular expression, for node ids. */
  readonly sampleOf: (pattern: string) => string | undefined;
};

export type BootOptions = CellEquipment & {
  readonly cell: Cell;
  /** The Envoy to start; the cell's own unless an upgrade is rehearsed. */
  readonly release?: EnvoyRelease;
  readonly snapshot: Snapshot;
  readonly upstreams: UpstreamPool;
  readonly scratchDir: string;
  /** Told apart in the control plane, the log and the scratch directory: `cold-boot`, `rehearsal`, … */
  readonly role: string;
  readonly readyTimeoutMs: number;
  /** For an Envoy of checks; see `substituteMergeWindow`. Default false. */
  readonly healthAtOnce?: boolean;
  readonly signal: AbortSignal;
};

/** An Envoy that was started with a snapshot; it may still refuse it. */
export interface BootedEnvoy extends AsyncDisposable {
  readonly release: EnvoyRelease;
  readonly envoy: RunningEnvoy;
  readonly nodeId: string;
  readonly substitutions: readonly Substitution[];
  /** The resources as they are served to it now. */
  served(): readonly Resource[];
  /** Waits until every type of the current snapshot is ACKed, one is NACKed, Envoy ends, or the time is over. */
  awaitApplied(deadlineMs: number): Promise<Applied>;
  /** How long it, and this process, waited for a core within any `spanMs` between two moments (`performance.now()`). */
  starved(fromMs: number, toMs: number, spanMs: number): Starvation;
  /** What was said over xDS so far. */
  conversation(): readonly ConversationEntry[];
  /** Serves another snapshot to this Envoy from now on. */
  serve(snapshot: Snapshot): void;
  /** This Envoy as checks see it; asks it where its listeners listen, so call it anew after a change. */
  running(): Promise<RunningCell>;
}

let booted = 0;

/**
 * Substitutes, serves and starts: resolves once Envoy's admin answers, before it has taken anything over xDS. The stand-ins that
 * the snapshot needs must run already. Rejects as `EnvoyLauncher.launch` does.
 */
export async function bootEnvoy(options: BootOptions): Promise<BootedEnvoy> {
  const { cell, snapshot, controlPlane, launcher, role, signal } = options;
  const release = options.release ?? cell.envoy;
  const healthAtOnce = options.healthAtOnce ?? false;
  booted += 1;
  // Other boots go on while this one waits: the number is this one's own from here on.
  const serial = booted;
  const scratchDir = join(options.scratchDir, `${role}-${release.version}-${serial}`);
  await mkdir(scratchDir, { recursive: true });
  const fallbackId = `${cell.stage.name}-${release.version}-${role}`;
  const group = `${fallbackId}-${process.pid}-${serial}`;
  const place = (written: Snapshot) =>
    substitute(written, {
      portOf: (key) => options.upstreams.portOf(key),
      pki: options.pki,
      scratchDir,
      upstreamHost: launcher.hostAddress,
      listenHost: launcher.listenAddress,
      healthAtOnce,
    });
  const first = place(snapshot);
  const token = controlPlane.openGroup(group);
  token.setSnapshot(servedSnapshot(snapshot.digest, first.resources));
  const bootstrap = bootstrapFor({
    node: nodeIdentityFor(cell.stage.node, fallbackId, options.sampleOf),
    group,
    controlPlane: { host: launcher.hostAddress, port: controlPlane.port },
    runtimeLayers: resourcesOf(snapshot, 'runtime').map(({ name }) => name),
    ...(first.bootstrap ? { piece: first.bootstrap } : {}),
    probeHost: launcher.listenAddress,
  });
  const envoy = await launcher
    .launch({
      release,
      bootstrap: JSON.stringify(bootstrap),
      scratchDir,
      readyTimeoutMs: options.readyTimeoutMs,
      awaitReady: false,
      signal,
    })
    .catch((error: unknown) => {
      token.close();
      throw error;
    });
  const watch = watchStarvation(envoy.hostPid);
  let current = snapshot;
  let served = first.resources;
  const running = async (): Promise<RunningCell> => {
    const listening = await readListeners(envoy.adminUrl, { signal });
    return {
      cell,
      snapshot: current,
      adminUrl: envoy.adminUrl,
      upstreams: options.upstreams,
      pki: options.pki,
      listenerAddress: (name): ListenerAddress | undefined => loopback(listening.get(name)),
      accessLogLines: (path) => linesOf(accessLogFile(scratchDir, path ?? '/dev/stdout')),
      healthAtOnce,
      scratchDir,
      signal,
    };
  };
  return {
    release,
    envoy,
    nodeId: group,
    substitutions: first.substitutions,
    served: () => served,
    awaitApplied: (deadlineMs) => token.awaitApplied(deadlineMs),
    starved: watch.during,
    conversation: () => token.conversation(),
    serve: (next) => {
      current = next;
      served = place(next).resources;
      token.setSnapshot(servedSnapshot(next.digest, served));
    },
    running,
    async [Symbol.asyncDispose]() {
      token.close();
      watch.stop();
      await envoy[Symbol.asyncDispose]();
    },
  };
}

/** Listeners in a container listen on every address; this process reaches them on loopback all the same. */
const loopback = (address: ListenerAddress | undefined): ListenerAddress | undefined =>
  address && {
    host: address.host === '0.0.0.0' || address.host === '::' ? '127.0.0.1' : address.host,
    port: address.port,
  };

/** The lines of `file` so far; a file that is not there yet has none. */
async function linesOf(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').filter((line) => line !== '');
}
