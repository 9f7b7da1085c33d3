import { join } from 'node:path';
import { execa } from 'execa';
import { jobHandlers } from '../../pipeline/engine/job-handlers.ts';
import type { CellRequest, EnginePorts } from '../../pipeline/engine/ports.ts';
import type { Revision } from '../../pipeline/ids.ts';
import { startJobs } from '../../pipeline/store/jobs/start-jobs.ts';
import type { OpenStore } from '../../pipeline/store/open-store.ts';
import type { StageName } from '../../render/ids.ts';
import { median } from '../measure.ts';
import { writeBenchMesh } from './bench-mesh.ts';
import { openDesk } from './desk.ts';
import { watchLoad } from './load.ts';
import { makePlace } from './place.ts';
import { type BenchStore, onBothStores } from './stores.ts';

const STAGES = 20;
const REVISIONS = 5;

/** 100 promotions in a row: 5 revisions through 20 stages. Envoys and the fleet say yes at once, so that what is left is Meshgate's own. */
export const benchManyPromotions = (): Promise<void> => onBothStores(measureRow);

async function measureRow({ kind, env }: BenchStore): Promise<void> {
  await using place = await makePlace(env);
  const stages = Array.from({ length: STAGES }, (_, index) => ({ name: `s${index + 1}`, port: 19_000 + index }));
  const mesh = await writeBenchMesh(place.configDir, stages, 'for: 1s');
  await using desk = await openDesk(place);
  await using _jobs = await startJobs(desk.store, jobHandlers(atOnce(desk.ports)), {
    concurrency: { advance: 8, cell: 2 },
  });
  const times: number[] = [];
  const sizes: Size[] = [await sizeOf(desk.store, place.dataDir)];
  const load = watchLoad();
  for (let revision = 0; revision < REVISIONS; revision += 1) {
    const commit = (await mesh.change(1_100 + 100 * revision)) as Revision;
    for (const { name } of stages) {
      const began = performance.now();
      const stage = name as StageName;
      const id = await desk.does('ada', { kind: 'promote', stage, revision: commit, reason: '' });
      await desk.becomes(id, 'promoted');
      times.push(performance.now() - began);
      sizes.push(await sizeOf(desk.store, place.dataDir));
    }
  }
  const said = load();
  console.log(`${kind}: ${times.length} promotions over ${STAGES} stages in a row; ${said}`);
  const [first, last] = [times.slice(0, 10), times.slice(-10)].map(median);
  const tenths = Array.from({ length: 10 }, (_, index) => median(times.slice(index * 10, index * 10 + 10)).toFixed(0));
  console.log(`  time per promotion, median of each ten: ${tenths.join(', ')} ms`);
  console.log(
    `  first ten ${first?.toFixed(0)} ms, last ten ${last?.toFixed(0)} ms: ${((last ?? 0) / (first ?? 1)).toFixed(2)} times (target: flat)`,
  );
  for (const part of ['rowsKib', 'databaseKib', 'auditRows', 'targetKib'] as const) {
    const growth = (from: number, to: number): string =>
      (((sizes[to]?.[part] ?? 0) - (sizes[from]?.[part] ?? 0)) / (to - from)).toFixed(1);
    // The first revision finds every stage empty: those promotions have no base, so they store less.
    const ranges = [20, 40, 60, 80, 100].map((to) => growth(to - 20, to));
    console.log(`  ${NAMES[part]} per promotion, of each revision's 20: ${ranges.join(', ')}`);
  }
}

const NAMES = {
  rowsKib: 'KiB of rows',
  databaseKib: 'KiB of database (with indexes and rows not yet vacuumed)',
  auditRows: 'audit rows',
  targetKib: 'KiB of the git target (never packed here)',
};
type Size = Readonly<Record<keyof typeof NAMES, number>>;

async function sizeOf(store: OpenStore, dataDir: string): Promise<Size> {
  const tables = await store.sql<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'meshgate'`,
    [],
  );
  const sums = tables.map(({ name }) => `SELECT coalesce(sum(pg_column_size(t.*)), 0) AS bytes FROM ${name} t`);
  const [rows] = await store.sql<{ kib: number }>(
    `SELECT (sum(bytes) / 1024)::float8 AS kib FROM (${sums.join(' UNION ALL ')}) AS each`,
    [],
  );
  const [whole] = await store.sql<{ kib: number }>(
    'SELECT (pg_database_size(current_database()) / 1024.0)::float8 AS kib',
    [],
  );
  const [audit] = await store.sql<{ rows: number }>('SELECT count(*)::float8 AS rows FROM meshgate.audit', []);
  const target = await execa('du', ['-sk', join(dataDir, 'targets')], { reject: false });
  return {
    rowsKib: rows?.kib ?? 0,
    databaseKib: whole?.kib ?? 0,
    auditRows: audit?.rows ?? 0,
    targetKib: Number(target.stdout?.split('\t')[0] ?? 0) || 0,
  };
}

/** Cells pass and the fleet is well, at once; everything else is as in earnest. */
const atOnce = (ports: EnginePorts): EnginePorts => ({
  ...ports,
  async prove({ stage, revision, envoy, live }: CellRequest, signal) {
    const rendered = await ports.revisions.stage(revision, stage, live, signal);
    const digest = rendered?.snapshot?.digest;
    const basis = `${envoy} ${digest} ${live?.digest ?? ''}`;
    return { verdict: 'pass', digest, cached: false, basis, findings: [], message: undefined, report: '{}' };
  },
  observe: async () => ({ kind: 'healthy', summary: 'all ACKed', document: '{}' }),
});
