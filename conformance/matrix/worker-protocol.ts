import type { PackedSnapshot } from '../../render/snapshot-transfer.ts';
import type { ScriptSettings } from '../checks/script/run-script.ts';
import type { LauncherSettings } from '../launcher/launcher-settings.ts';
import type { CellReport } from '../report/matrix-result.ts';
import type { MatrixEvent } from '../report/progress.ts';
import type { CellJob } from './cell-job.ts';

/** A job on its way to a worker: snapshots go ahead of it, once for each worker, and are named by a key. */
export type SentJob = Omit<CellJob, 'proposed' | 'live'> & {
  readonly proposedKey: string;
  readonly liveKey: string | undefined;
};

export type ToWorker =
  | {
      readonly kind: 'equip';
      readonly launcher: LauncherSettings;
      readonly scripts: ScriptSettings;
      readonly scratchDir: string;
    }
  | { readonly kind: 'snapshot'; readonly key: string; readonly snapshot: PackedSnapshot }
  | { readonly kind: 'run'; readonly id: number; readonly job: SentJob }
  | { readonly kind: 'stop' };

/** What is running for a worker and must not outlive it. */
export type Started = { readonly pid: number | undefined; readonly containerId: string | undefined };

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'event'; readonly id: number; readonly event: MatrixEvent }
  | { readonly kind: 'done'; readonly id: number; readonly report: CellReport }
  | { readonly kind: 'broken'; readonly id: number; readonly message: string }
  | { readonly kind: 'started' | 'ended'; readonly what: Started };
