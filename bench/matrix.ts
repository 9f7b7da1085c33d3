import { availableParallelism } from 'node:os';
import type { Measured } from './measure.ts';
import { measure, median } from './measure.ts';
import { MESH } from './mesh-command.ts';

type Report = {
  readonly cells: readonly {
    readonly id: string;
    readonly stage: string;
    readonly envoy: string;
    readonly verdict: string;
    readonly durationMs: number;
  }[];
};

const verify = (...more: readonly string[]): Promise<Measured> => measure([MESH, 'verify', '--json', ...more]);

function cellsOf(measured: Measured, what: string): Report['cells'] {
  const { cells } = JSON.parse(measured.stdout) as Report;
  const bad = cells.filter(({ verdict }) => verdict !== 'pass');
  if (measured.exitCode !== 0 || bad.length > 0)
    throw new Error(
      `${what}: ${bad.map(({ id, verdict }) => `${id} ${verdict}`).join(', ') || `exit code ${measured.exitCode}`}`,
    );
  return cells;
}

/**
 * 20 cells of the sample on this machine's cores, against the bound `max(CPU seconds ÷ cores, slowest cell)` and against the naive
 * peer: the same cells one after the other, each Envoy in a fresh container.
 */
export async function benchMatrix({
  runs = 3,
  docker = true,
}: {
  readonly runs?: number;
  readonly docker?: boolean;
} = {}): Promise<void> {
  const cores = availableParallelism();
  const walls: number[] = [];
  const efficiencies: number[] = [];
  let cells: Report['cells'] = [];
  await verify('--launcher', 'process', '--no-cache'); // warms the file cache and the code cache
  for (let run = 0; run < runs; run += 1) {
    const measured = await verify('--launcher', 'process', '--no-cache');
    cells = cellsOf(measured, 'process launcher');
    const slowest = Math.max(...cells.map(({ durationMs }) => durationMs)) / 1000;
    const bound = Math.max(measured.cpuSeconds / cores, slowest);
    walls.push(measured.wallSeconds);
    efficiencies.push(bound / measured.wallSeconds);
    console.log(
      `process: ${cells.length} cells in ${measured.wallSeconds.toFixed(2)} s wall, ${measured.cpuSeconds.toFixed(2)} s CPU, slowest cell ${slowest.toFixed(2)} s, bound ${bound.toFixed(2)} s, efficiency ${(bound / measured.wallSeconds).toFixed(2)}; all else on the machine took ${measured.othersCpuSeconds.toFixed(2)} s CPU`,
    );
  }
  const wall = median(walls);
  console.log(`process: median ${wall.toFixed(2)} s; efficiency ${median(efficiencies).toFixed(2)} (target ≥ 0.80)`);

  await verify('--launcher', 'process');
  const cached = await verify('--launcher', 'process');
  cellsOf(cached, 'cached run');
  console.log(
    `second run of the whole matrix, from the verdict cache: ${cached.wallSeconds.toFixed(2)} s (target ≤ 1.5 s)`,
  );
  if (!docker) return;

  const inDocker = await verify('--launcher', 'docker', '--no-cache');
  cellsOf(inDocker, 'docker launcher');
  console.log(`docker: ${inDocker.wallSeconds.toFixed(2)} s wall`);
  let naive = 0;
  for (const { id, stage, envoy } of cells) {
    const measured = await verify(
      '--launcher',
      'docker',
      '--no-cache',
      '--jobs',
      '1',
      '--stage',
      stage,
      '--envoy',
      envoy,
    );
    cellsOf(measured, `naive ${id}`);
    naive += measured.wallSeconds;
  }
  console.log(`naive peer (one cell after the other, fresh containers): ${naive.toFixed(1)} s`);
  console.log(
    `process launcher: ${(naive / wall).toFixed(1)}× faster (target ≥ 8×); docker launcher: ${(naive / inDocker.wallSeconds).toFixed(1)}× (target ≥ 3×)`,
  );
}
