import { startControlPlane } from '../../controlplane/xds/control-plane.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { unpackSnapshot } from '../../render/snapshot-transfer.ts';
import { GROUP_METADATA } from '../cell/bootstrap.ts';
import { runCell } from '../cell/run-cell.ts';
import type { EnvoyLauncher, LauncherHooks } from '../launcher/envoy-launcher.ts';
import type { LauncherSettings } from '../launcher/launcher-settings.ts';
import { samplesOf } from '../matching/regex-sample.ts';
import { sharedPki } from '../pki/pki.ts';
import type { FromWorker, SentJob, ToWorker } from './worker-protocol.ts';

export type WorkerPorts = {
  readonly send: (message: FromWorker) => void;
  readonly makeLauncher: (settings: LauncherSettings, hooks: LauncherHooks) => EnvoyLauncher;
};

/** The inside of a worker process: one control plane, one PKI and one launcher for all cells that it runs. */
export function worker({ send, makeLauncher }: WorkerPorts): { take(message: ToWorker): void; stop(): Promise<void> } {
  const snapshots = new Map<string, Snapshot>();
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  let equipment: Promise<Equipment> | undefined;

  const run = async (id: number, { proposedKey, liveKey, ...job }: SentJob): Promise<void> => {
    try {
      const proposed = snapshots.get(proposedKey);
      const live = liveKey === undefined ? undefined : snapshots.get(liveKey);
      if (!equipment || !proposed) throw new Error(`worker was sent cell ${id} before its snapshot or its equipment`);
      const { scratchDir, ...parts } = await equipment;
      const report = await runCell(
        { ...job, proposed, live },
        {
          ...parts,
          scratchDir,
          sampleOf: (pattern) => samplesOf(pattern, 1)[0],
          onEvent: (event) => send({ kind: 'event', id, event }),
          signal: stopping.signal,
        },
      );
      send({ kind: 'done', id, report });
    } catch (error) {
      send({ kind: 'broken', id, message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  };

  return {
    take(message) {
      if (message.kind === 'equip') equipment = equip(message, makeLauncher, send);
      else if (message.kind === 'snapshot') snapshots.set(message.key, unpackSnapshot(message.snapshot));
      else if (message.kind === 'run') {
        const done = run(message.id, message.job).finally(() => running.delete(done));
        running.add(done);
      }
    },
    async stop() {
      stopping.abort(new Error('stopped'));
      await Promise.all(running);
      await (await equipment?.catch(() => undefined))?.controlPlane[Symbol.asyncDispose]();
    },
  };
}

type Equipment = Awaited<ReturnType<typeof equip>>;

async function equip(
  { launcher: settings, scripts, scratchDir }: Extract<ToWorker, { kind: 'equip' }>,
  makeLauncher: WorkerPorts['makeLauncher'],
  send: WorkerPorts['send'],
) {
  const launcher = makeLauncher(settings, {
    onStarted: (what) => send({ kind: 'started', what }),
    onEnded: (what) => send({ kind: 'ended', what }),
  });
  const [controlPlane, pki] = await Promise.all([
    startControlPlane({ host: launcher.listenAddress, port: 0, groupMetadata: GROUP_METADATA }),
    sharedPki(),
  ]);
  return { launcher, controlPlane, pki, scripts, scratchDir };
}
