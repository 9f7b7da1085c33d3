import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ReportedNode } from '../../../controlplane/fleet/fleet-report.ts';
import type { Resource } from '../../../render/resource.ts';

export type ServedStart = {
  readonly port: number;
  /** Host files in `hosts/`, what is kept over a restart beside it. */
  readonly dir: string;
  /** Oldest first; the last is what is served. */
  readonly snapshots: readonly (readonly Resource[])[];
};

export type ProcessOrder =
  | ({ readonly do: 'start' } & ServedStart)
  | { readonly do: 'hold'; readonly resources: readonly Resource[] }
  | { readonly do: 'figures' | 'state' };

/** After a collection of garbage, in bytes. */
export type ServedFigures = {
  readonly heap: number;
  readonly external: number;
  readonly rss: number;
  readonly cpuMs: number;
};

export type ServedState = {
  readonly servedDigest: string | undefined;
  readonly nodes: readonly ReportedNode[];
  /** By cluster. */
  readonly ramps: Readonly<
    Record<string, { readonly stage: string; readonly served: number; readonly wanted: number }>
  >;
};

export type ProcessNews =
  | { readonly event: 'listening'; readonly port: number }
  | ({ readonly event: 'figures' } & ServedFigures)
  | ({ readonly event: 'state' } & ServedState)
  | { readonly event: 'said'; readonly line: string };

/** A stage server in a process of its own: it can be killed, and what it takes is its own. */
export async function servedProcess(start: ServedStart) {
  const child = fork(fileURLToPath(new URL('served-process-main.ts', import.meta.url)), [], {
    execArgv: ['--expose-gc', '--no-warnings'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const said: string[] = [];
  const waiting = new Map<string, ((news: ProcessNews) => void)[]>();
  const exited = once(child, 'exit');
  child.on('message', (news: ProcessNews) => {
    if (news.event === 'said') said.push(news.line);
    else waiting.get(news.event)?.shift()?.(news);
  });
  const tell = (order: ProcessOrder): void => void child.send(order);
  const next = <Event extends ProcessNews['event']>(event: Event) =>
    new Promise<Extract<ProcessNews, { event: Event }>>((resolve, reject) => {
      waiting.set(event, [...(waiting.get(event) ?? []), resolve as (news: ProcessNews) => void]);
      void exited.then(() => reject(new Error(`the control plane ended before it said ${event}`)));
    });
  const listening = next('listening');
  tell({ do: 'start', ...start });
  const { port } = await listening;
  return {
    port,
    said,
    hold: (resources: readonly Resource[]) => tell({ do: 'hold', resources }),
    figures: (): Promise<ServedFigures> => {
      tell({ do: 'figures' });
      return next('figures');
    },
    state: (): Promise<ServedState> => {
      tell({ do: 'state' });
      return next('state');
    },
    /** `kill -9`. */
    async kill(): Promise<void> {
      child.kill('SIGKILL');
      await exited;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
