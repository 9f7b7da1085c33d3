import { join } from 'node:path';
import { openDiscoveryMemory } from '../../../controlplane/discovery/discovery-memory.ts';
import { sourceOpener } from '../../../controlplane/discovery/open-source.ts';
import { fileMemory } from '../../../controlplane/ramp/file-memory.ts';
import type { StageHosts } from '../../../controlplane/serve/serve-with-hosts.ts';
import { realClock } from '../ramp/ramp-node.ts';

/** Hosts of files in `hosts/` of `dir`; what is kept over a restart is beside it. */
export const hostsIn = async (dir: string): Promise<StageHosts> => ({
  openSource: sourceOpener({ files: { root: join(dir, 'hosts'), pollMs: 50 } }),
  answers: await openDiscoveryMemory({ path: join(dir, 'answers.json'), nowEpochMs: () => Date.now() }),
  clock: realClock,
  memoryOf: (cluster) => fileMemory(join(dir, 'ramp'), cluster),
  defaultPanicThresholdPercent: 50,
  probes: false,
});
