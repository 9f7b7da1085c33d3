import type { StageServer } from '../../../controlplane/serve/stage-server.ts';
import { hostsIn } from './hosts-in.ts';
import { memorySource, snapshotOf } from './memory-source.ts';
import { serveStage } from './serve-stage.ts';
import type { ProcessNews, ProcessOrder, ServedStart } from './served-process.ts';

// The other end of `servedProcess`.
const source = memorySource();
let server: StageServer | undefined;
const news = (one: ProcessNews): void => void process.send?.(one);

async function start({ port, dir, snapshots }: ServedStart): Promise<void> {
  for (const resources of snapshots) source.hold(snapshotOf(...resources));
  server = await serveStage({
    port,
    source,
    say: (line) => news({ event: 'said', line }),
    hosts: await hostsIn(dir),
  });
  news({ event: 'listening', port: server.port });
}

process.on('message', (order: ProcessOrder) => {
  switch (order.do) {
    case 'start':
      void start(order);
      return;
    case 'hold':
      source.hold(snapshotOf(...order.resources), { isPastKept: false });
      return;
    case 'figures': {
      globalThis.gc?.();
      const { heapUsed, external, rss } = process.memoryUsage();
      const { user, system } = process.cpuUsage();
      news({ event: 'figures', heap: heapUsed, external, rss, cpuMs: (user + system) / 1_000 });
      return;
    }
    default: {
      const { servedDigest, nodes } = server?.state() ?? { servedDigest: undefined, nodes: [] };
      const ramps = [...(server?.hosts?.views() ?? [])].flatMap(([name, { ramp }]) =>
        ramp ? [[name, { stage: ramp.stage, served: ramp.served.length, wanted: ramp.wanted }] as const] : [],
      );
      news({ event: 'state', servedDigest, nodes, ramps: Object.fromEntries(ramps) });
    }
  }
});
process.on('disconnect', () => process.exit(0));
