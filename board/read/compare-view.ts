import type { ReadableMesh } from '../../pipeline/engine/source/readable-mesh.ts';
import { stageAt } from '../../pipeline/engine/step.ts';
import type { Revision } from '../../pipeline/ids.ts';
import type { Stage } from '../../render/config/mesh-config.ts';
import type { Finding } from '../../render/finding.ts';
import type { Digest, StageName } from '../../render/ids.ts';
import { makeSnapshot, type Snapshot } from '../../render/snapshot.ts';
import { BoardRefusal } from '../api/board-refusal.ts';
import type { CompareQuery } from '../api/reads.ts';
import type { CompareChoices, CompareView } from '../api/types/compare.ts';
import type { DiffSide } from '../api/types/diff.ts';
import type { BoardPorts } from './board-ports.ts';
import { diffView } from './diff-view.ts';
import type { SnapshotReader } from './snapshots-of-plans.ts';

export type ComparePorts = BoardPorts & {
  readonly mesh: () => Promise<ReadableMesh>;
  readonly snapshots: SnapshotReader;
};

type Side = { readonly side: DiffSide; readonly snapshot: Snapshot | undefined; readonly findings: readonly Finding[] };

/** Any two of what is live, what ever was planned, and what is in the repository. Rejects with `BoardRefusal` for what is none of these. */
export async function compareView(query: CompareQuery, ports: ComparePorts): Promise<CompareView> {
  const { config } = await ports.mesh();
  const names = config.stages.map(({ name }) => name);
  if (query.stage !== undefined && !names.includes(query.stage as StageName)) throw noSide(query.stage);
  const stageOf = (text: string): StageName | undefined =>
    names.find((name) => name === text || text.endsWith(`@${name}`));
  const stage = (query.stage ?? stageOf(query.to) ?? stageOf(query.from) ?? names[0]) as StageName;
  const from = await sideOf(query.from, stage, names, ports);
  const to = await sideOf(query.to, stage, names, ports);
  const guards = await guardsOf(to.side, config.stages, ports);
  if (!guards) throw noSide(query.to);
  const after = to.snapshot ?? makeSnapshot(to.side.stage, []);
  return {
    diff: diffView({
      from: { side: from.side, snapshot: from.snapshot },
      to: { side: to.side, snapshot: after },
      stage: guards,
    }),
    findings: [...from.findings, ...to.findings],
  };
}

const noSide = (text: string): BoardRefusal =>
  new BoardRefusal(
    400,
    'board-no-such-side',
    `nothing is called ${JSON.stringify(text)}`,
    'a stage, a digest (8 characters of it or more), a revision of the protected branch, or REVISION@STAGE',
  );

/** The guards of the stage as the side has it, else as the mesh has it now. */
async function guardsOf(side: DiffSide, stages: readonly Stage[], ports: BoardPorts): Promise<Stage | undefined> {
  const own = side.revision && (await stageAt(ports, side.revision, side.stage).catch(() => undefined));
  return own || stages.find(({ name }) => name === side.stage) || stages[0];
}

async function sideOf(text: string, stage: StageName, names: readonly StageName[], ports: ComparePorts): Promise<Side> {
  const whole = names.find((name) => name === text);
  if (whole !== undefined) return liveSide(whole, ports);
  const at = text.lastIndexOf('@');
  const named = at === -1 ? undefined : names.find((name) => name === text.slice(at + 1));
  const what = named === undefined ? text : text.slice(0, at);
  const kept = await keptSide(what, named, ports);
  if (kept) return kept;
  return (await revisionSide(what, named ?? stage, ports)) ?? Promise.reject(noSide(text));
}

async function liveSide(stage: StageName, { store, snapshots }: ComparePorts): Promise<Side> {
  const { live } = await store.read.stage(stage);
  if (!live) return { side: { stage }, snapshot: undefined, findings: [] };
  const { digest, revision } = live;
  return { side: { stage, digest, revision }, snapshot: await snapshots(stage, digest), findings: [] };
}

/** A snapshot that was planned or live once. */
async function keptSide(text: string, stage: StageName | undefined, ports: ComparePorts): Promise<Side | undefined> {
  if (!/^[0-9a-f]{8,64}$/.test(text)) return undefined;
  const [row] = await ports.store.sql<{ stage: StageName; digest: Digest }>(
    `SELECT stage, digest FROM meshgate.engine_snapshot WHERE starts_with(digest, $1) AND ($2::text IS NULL OR stage = $2)
     ORDER BY digest, stage LIMIT 1`,
    [text, stage ?? null],
  );
  const snapshot = row && (await ports.snapshots(row.stage, row.digest));
  return snapshot && { side: { stage: row.stage, digest: row.digest }, snapshot, findings: [] };
}

/** Only of the protected branch: rendering runs code of the config's authors. */
async function revisionSide(
  text: string,
  stage: StageName,
  { source, revisions }: ComparePorts,
): Promise<Side | undefined> {
  const revision = await source.resolve(text);
  if (revision === undefined || !(await source.isReachable(revision))) return undefined;
  const rendered = await revisions.stage(revision, stage, undefined);
  if (!rendered) return undefined;
  const { snapshot, findings } = rendered;
  const side = { stage, revision, ...(snapshot ? { digest: snapshot.digest } : {}) };
  return { side, snapshot, findings: snapshot ? [] : findings };
}

/** The newest revisions of the protected branch, and those that are or were live. */
export async function compareChoices({ mesh, source, store }: ComparePorts): Promise<CompareChoices> {
  const { config, revision } = await mesh();
  const stages = config.stages.map(({ name }) => name);
  const records = await Promise.all(stages.map((name) => store.read.stage(name)));
  const newest = await source.firstParents(revision, NEWEST).catch((): readonly Revision[] => []);
  const known = records.flatMap(({ live, past }) => [...(live ? [live] : []), ...past.slice(0, PAST)]);
  const all = new Set([...newest, ...known.map((landed) => landed.revision)]);
  return {
    stages,
    revisions: [...all].map((one) => ({
      revision: one,
      liveIn: records.filter(({ live }) => live?.revision === one).map(({ name }) => name),
    })),
  };
}
const NEWEST = 30;
const PAST = 10;
