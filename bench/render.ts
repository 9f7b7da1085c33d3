import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateMesh } from './generate-mesh.ts';
import { measure, median } from './measure.ts';
import { MESH } from './mesh-command.ts';

const SIZES = [10, 1_000, 10_000] as const;
const RUNS = 3;

/** Render and static guards of 10, 1,000 and 10,000 services: wall time, CPU and memory of the whole `mesh validate`, and how it grows. */
export async function benchRender(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'meshgate-bench-'));
  const walls = new Map<number, number>();
  try {
    for (const services of SIZES) {
      const config = join(dir, String(services));
      await generateMesh(config, services, '1.40.0');
      const runs = [];
      for (let run = 0; run < RUNS; run += 1) {
        const measured = await measure([MESH, 'validate', '--config', config, '--json']);
        if (measured.exitCode !== 0)
          throw new Error(`mesh validate found fault with the generated mesh:\n${measured.stdout.slice(0, 2_000)}`);
        runs.push(measured);
      }
      const wall = median(runs.map((run) => run.wallSeconds));
      const cpu = median(runs.map((run) => run.cpuSeconds));
      const memory = median(runs.map((run) => run.peakMebibytes));
      walls.set(services, wall);
      console.log(
        `${String(services).padStart(6)} services: ${wall.toFixed(2)} s wall, ${cpu.toFixed(2)} s CPU, ${memory.toFixed(0)} MiB (median of ${RUNS})`,
      );
    }
    const growth = (walls.get(10_000) ?? 0) / (walls.get(1_000) ?? 1);
    console.log(
      `growth from 1,000 to 10,000 services: ${growth.toFixed(1)}× (bound 12×) ${growth <= 12 ? 'held' : 'NOT held'}`,
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
