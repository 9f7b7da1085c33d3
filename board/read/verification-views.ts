import { standing } from '../../pipeline/commands/ask/verification-answer.ts';
import { cellState } from '../../pipeline/engine/matrix/cell-state.ts';
import type { StoredCell } from '../../pipeline/engine/matrix/cells.ts';
import type { ReadableMesh } from '../../pipeline/engine/source/readable-mesh.ts';
import { listVerifications } from '../../pipeline/engine/verification/list-verifications.ts';
import type { Verification } from '../../pipeline/engine/verification/verification.ts';
import { readVerification } from '../../pipeline/engine/verification/verification-rows.ts';
import type { PersonId } from '../../pipeline/ids.ts';
import type { PersonConfig } from '../../render/config/access-config.ts';
import type { MatrixView } from '../api/types/matrix.ts';
import type { VerificationRow, VerificationsView, VerificationView } from '../api/types/verification.ts';
import type { BoardPorts } from './board-ports.ts';
import { cellView, type MatrixPorts } from './matrix-view.ts';
import type { SourceLines } from './source-lines.ts';

export type VerificationPorts = Pick<BoardPorts, 'store'> & {
  readonly mesh: () => Promise<ReadableMesh>;
  readonly lines: SourceLines;
};

const PAGE = 20;

/** Verifications, the newest first, a page at a time. */
export async function verificationsView(
  { before }: { readonly before?: number | undefined },
  { store, mesh }: VerificationPorts,
): Promise<VerificationsView> {
  const found = await listVerifications(store, { limit: PAGE + 1, before });
  const people = await peopleOf(mesh);
  const page = found.slice(0, PAGE);
  const last = page.at(-1);
  const next = found.length > PAGE && last ? Number(last.id.replace(/\D/g, '')) : undefined;
  return { rows: page.map((one) => rowOf(one, people)), ...(next === undefined ? {} : { next }) };
}

/** One verification; undefined: there is none of that name. */
export async function verificationView(id: string, ports: VerificationPorts): Promise<VerificationView | undefined> {
  const { store, lines, mesh } = ports;
  const seen = await readVerification(store, id);
  if (!seen) return undefined;
  const own = [...seen.findings, ...seen.stages.flatMap(({ findings }) => findings)];
  const matrix = await matrixOf(seen, { evidence: (evidence) => store.read.evidence(evidence), lines });
  return {
    verification: rowOf(seen, await peopleOf(mesh)),
    ...(seen.message === undefined ? {} : { message: seen.message }),
    findings: await lines(seen.revision, own),
    matrix,
  };
}

type People = readonly PersonConfig[];
const peopleOf = async (mesh: () => Promise<ReadableMesh>): Promise<People> =>
  (await mesh()).config.access?.people ?? [];

function rowOf(seen: Verification, people: People): VerificationRow {
  const { id, revision, askedBy, askedEpochMs, endedEpochMs, state, verdict, stages } = seen;
  const person = people.find(({ identities }) => identities.includes(askedBy))?.name;
  return {
    id,
    revision,
    askedBy,
    ...(person === undefined ? {} : { person: person as PersonId }),
    askedEpochMs,
    ...(endedEpochMs === undefined ? {} : { endedEpochMs }),
    state,
    ...(verdict === undefined ? {} : { verdict }),
    standing: standing(seen),
    stages: stages.map(({ stage, digest, baseDigest, cells }) => ({
      stage,
      ...(digest === undefined ? {} : { digest }),
      ...(baseDigest === undefined ? {} : { baseDigest }),
      cells: cells.map((cell) => ({ envoy: cell.envoy, state: cellState(cell) })),
    })),
  };
}

async function matrixOf(seen: Verification, ports: MatrixPorts): Promise<MatrixView> {
  const { revision, stages, verdict, state } = seen;
  const all = stages.flatMap(({ stage, cells }) => cells.map((cell) => ({ stage, cell })));
  const cells = await Promise.all(all.map(({ stage, cell }) => cellView(cell, { stage, revision }, ports)));
  return {
    ...(verdict === undefined ? {} : { verdict }),
    stages: stages.map(({ stage }) => stage),
    envoys: [...new Set(all.map(({ cell }) => cell.envoy))].toSorted((a, b) =>
      a.localeCompare(b, 'en', { numeric: true }),
    ),
    cells,
    asBefore: false,
    ...(state === 'running' ? { progress: progressOf(all) } : {}),
  };
}

const progressOf = (all: readonly { readonly stage: string; readonly cell: StoredCell }[]): string => {
  const ended = all.filter(({ cell }) => cell.state === 'done').length;
  const running = all.filter(({ cell }) => cell.state === 'running').map(({ stage, cell }) => `${stage}@${cell.envoy}`);
  return `${ended} of ${all.length} cells ended${running.length > 0 ? `; running: ${running.join(', ')}` : ''}`;
};
