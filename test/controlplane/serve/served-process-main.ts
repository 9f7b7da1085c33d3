import { join } from 'node:path';
import { openDiscoveryMemory } from '../../../controlplane/discovery/discovery-memory.ts';
import { sourceOpener } from '../../../controlplane/discovery/open-source.ts';
import { fileMemory } from '../../../controlplane/ramp/file-memory.ts';
import { type StageServer, startStageServer } from '../../../controlplane/serve/stage-server.ts';
import { realClock } from '../ramp/ramp-node.ts';
import { memorySource, STAGE, snapshotOf } from './memory-source.ts';
import type { ProcessNews, ProcessOrder, ServedStart } from './served-process.ts';

// The other end of `servedProcess`.
const source = memorySource();
let server: StageServer | undefined;
const news = (one: ProcessNews): void => void process.send?.(one);

async function start({ port, dir, snapshots }: ServedStart): Promise<void> {
  for (const resources of snapshots) source.hold(snapshotOf(...resources));
  server = await startStageServer({
    stage: STAGE,
    node: {},
    host: '127.0.0.1',
    port,
    source,
    sink: async () => {},
    nowEpochMs: Date.now,
    say: (line) => news({ event: 'said', line }),
    hosts: {
      openSource: sourceOpener({ files: { root: join(dir, 'hosts'), pollMs: 50 } }),
      answers: await openDiscoveryMemory({ path: join(dir, 'answers.json'), nowEpochMs: Date.now }),
      clock: realClock,
      memoryOf: (cluster) => fileMemory(join(dir, 'ramp'), cluster),
      defaultPanicThresholdPercent: 50,
      probes: false,
    },
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
