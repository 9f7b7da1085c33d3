import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../../render/finding.ts';
import { contentDigest } from '../../render/load/content-digest.ts';
import type { Selection } from '../prepare-stages.ts';
import type { MatrixResult } from '../report/matrix-result.ts';
import type { VerdictKey } from './verdict-cache.ts';

/** What reading, rendering and the static guards said of a mesh config, and the verdict that each cell of it needs. */
export type MatrixPlan = {
  readonly stages: MatrixResult['stages'];
  /** Warnings: a config with errors has no plan. */
  readonly findings: readonly Finding[];
  /** In the order of the matrix. */
  readonly cells: readonly PlannedVerdict[];
};
export type PlannedVerdict = Omit<VerdictKey, 'launcher'>;

/** All that a plan depends on. */
export type PlanQuestion = {
  readonly dir: string;
  readonly liveDir: string | undefined;
  readonly selection: Selection;
  readonly defaultEnvoyVersions: readonly string[];
  /** Content hash of Meshgate itself. */
  readonly tool: string;
};

/** Names the plan of a question by its content; undefined where content alone does not decide it (see `contentDigest`). */
export async function planName(question: PlanQuestion): Promise<string | undefined> {
  const { dir, liveDir, selection, defaultEnvoyVersions, tool } = question;
  const [config, live] = await Promise.all([
    contentDigest(dir),
    liveDir === undefined ? 'none' : contentDigest(liveDir),
  ]);
  if (config === undefined || live === undefined) return undefined;
  const content = JSON.stringify([config, live, selection.stages, selection.envoys, defaultEnvoyVersions, tool]);
  return createHash('sha256').update(content).digest('hex');
}

const fileOf = (verdictDir: string, name: string): string => join(verdictDir, `plan-${name}.json`);

/** Undefined where there is none, or none that can be read. */
export async function readPlan(verdictDir: string, name: string): Promise<MatrixPlan | undefined> {
  try {
    return JSON.parse(await readFile(fileOf(verdictDir, name), 'utf8')) as MatrixPlan;
  } catch {
    return undefined;
  }
}

/** Written beside and renamed, so that several runs may share `verdictDir`. */
export async function writePlan(verdictDir: string, name: string, plan: MatrixPlan): Promise<void> {
  await mkdir(verdictDir, { recursive: true });
  const file = fileOf(verdictDir, name);
  const beside = `${file}.${randomUUID()}`;
  await writeFile(beside, JSON.stringify(plan));
  await rename(beside, file);
}
