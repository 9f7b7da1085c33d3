import { LAUNCHER_KINDS, type LauncherKind } from './launcher/envoy-launcher.ts';
import { type MatrixPlan, planName, readPlan } from './matrix/matrix-plan.ts';
import { fileVerdictCache } from './matrix/verdict-cache.ts';
import { type CellReport, exitCodeOf, type MatrixResult, matrixVerdict } from './report/matrix-result.ts';
import { toolDigest } from './tool-digest.ts';
import type { VerifyRequest } from './verify.ts';

/**
 * What `verifyMesh` would say where nothing has changed since every cell passed, without reading the config for its meaning or asking
 * any launcher: half a second instead of several. Undefined where anything is new; `verifyMesh` then finds out what.
 */
export async function recallMatrix(request: VerifyRequest): Promise<MatrixResult | undefined> {
  const { verdictDir, check, launcher: wish, signal, onEvent } = request;
  if (verdictDir === undefined || check !== undefined) return undefined;
  const startedAt = performance.now();
  const name = await planName({ ...request, tool: toolDigest() });
  const plan = name && (await readPlan(verdictDir, name));
  if (!plan) return undefined;
  for (const launcher of wish === 'auto' ? LAUNCHER_KINDS : [wish]) {
    const cells = await recallCells(plan, launcher, verdictDir, request);
    signal.throwIfAborted();
    if (!cells) continue;
    onEvent({ kind: 'matrix-started', cells });
    onEvent({ kind: 'note', message: `launcher ${launcher}: not asked, since every cell is unchanged` });
    for (const { id, verdict, durationMs } of cells)
      onEvent({ kind: 'cell-ended', id, verdict, durationMs, cached: true });
    const verdict = matrixVerdict(plan.findings, cells);
    return {
      toolVersion: request.toolVersion,
      startedAtIso: request.startedAtIso,
      durationMs: performance.now() - startedAt,
      configDir: request.dir,
      ...(request.revision === undefined ? {} : { revision: request.revision }),
      ...(request.scope === undefined ? {} : { scope: request.scope }),
      stages: plan.stages,
      cells,
      findings: plan.findings,
      verdict,
      exitCode: exitCodeOf(verdict),
    };
  }
  return undefined;
}

/** All cells or none. */
async function recallCells(
  plan: MatrixPlan,
  launcher: LauncherKind,
  verdictDir: string,
  { reproOf }: VerifyRequest,
): Promise<readonly CellReport[] | undefined> {
  const cache = fileVerdictCache(verdictDir);
  const reports = await Promise.all(plan.cells.map((cell) => cache.read({ ...cell, launcher })));
  const known = reports.flatMap((report) =>
    report ? [{ ...report, repro: reproOf(report.stage, report.envoy) }] : [],
  );
  return known.length === reports.length && known.length > 0 ? known : undefined;
}
