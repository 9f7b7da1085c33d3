import { cellState } from '../../pipeline/engine/matrix/cell-state.ts';
import { cellsOf } from '../../pipeline/engine/matrix/cells.ts';
import { progressOf } from '../../pipeline/engine/matrix/progress.ts';
import type { ReadableMesh } from '../../pipeline/engine/source/readable-mesh.ts';
import type { PersonId, PromotionId } from '../../pipeline/ids.ts';
import { occupiesStage, type Promotion, planOf } from '../../pipeline/promotion/promotion.ts';
import type { StageRecord } from '../../pipeline/stage/stage-record.ts';
import type { Stage } from '../../render/config/mesh-config.ts';
import type { Stale } from '../api/types/problem.ts';
import type { LiveView, OnTheWay, StagesView, StageView } from '../api/types/stages.ts';
import type { BoardPorts } from './board-ports.ts';
import { fleetCounts } from './fleet-counts.ts';
import type { HistoryIndex } from './history-index.ts';
import { type NeedsOfStage, needsOf } from './needs.ts';
import { type Standing, standingNow } from './promotion-policy.ts';
import { promotionRow } from './promotion-rows.ts';
import { lastEvent, promotionTrail } from './promotion-trail.ts';
import { trafficView } from './traffic-view.ts';

export type StagesPorts = BoardPorts & {
  readonly mesh: () => Promise<ReadableMesh>;
  readonly index: HistoryIndex;
  /** Who approved what is live: it does not change any more. */
  readonly approvers: (id: PromotionId) => Promise<readonly PersonId[]>;
};

/** The sparkline of a stage: the last half hour. */
const STEP_MS = 30_000;
const STEPS = 60;
const RECENT = 10;

/** The home page. */
export async function stagesView(ports: StagesPorts): Promise<StagesView> {
  const { store, mesh } = ports;
  const { config, revision, instead } = await mesh();
  const line = await store.read.line();
  const found = await Promise.all(config.stages.map((stage) => stageNow(stage, ports)));
  const stale: Stale[] = instead === undefined ? [] : [{ what: 'the mesh config', problem: instead }];
  for (const { needs } of found) for (const { standing } of needs.open) stale.push(...standing.stale);
  return {
    revision,
    ...(line.stopped ? { stopped: line.stopped } : {}),
    stages: found.map(({ view }) => view),
    needs: needsOf(
      found.map(({ needs }) => needs),
      line,
    ),
    stale: [...new Map(stale.map((one) => [`${one.what} ${one.problem}`, one])).values()],
  };
}

async function stageNow(
  { name, envoys }: Stage,
  ports: StagesPorts,
): Promise<{ readonly view: StageView; readonly needs: NeedsOfStage }> {
  const { store, clock, fleet } = ports;
  const nowEpochMs = clock.nowEpochMs();
  const fromEpochMs = Math.floor(nowEpochMs / STEP_MS) * STEP_MS - (STEPS - 1) * STEP_MS;
  const [record, opened, recent, nodes, planes, samples] = await Promise.all([
    store.read.stage(name),
    store.read.openPromotions(name),
    store.read.promotions({ stage: name, limit: RECENT }),
    fleet.nodes(name),
    fleet.controlPlanes(name),
    fleet.traffic(name, fromEpochMs, nowEpochMs + STEP_MS),
  ]);
  const open = await Promise.all(
    opened.map(async (promotion) => ({ promotion, standing: await standingNow(promotion, ports) })),
  );
  const first =
    open.find(({ promotion }) => occupiesStage(promotion.state)) ??
    open.find(({ promotion }) => promotion.state.kind !== 'queued') ??
    open[0];
  const wanted = [record.live?.digest, first && planOf(first.promotion.state)?.digest].filter(
    (one) => one !== undefined,
  );
  const counts = fleetCounts(name, nodes, planes, wanted);
  const view: StageView = {
    name,
    envoys: envoys.map(({ version }) => version),
    ...(record.live ? { live: await liveView(record.live, ports) } : {}),
    ...(first ? { onTheWay: await onTheWay(first.promotion, first.standing, ports) } : {}),
    queued: opened.filter((one) => one.state.kind === 'queued' && one !== first?.promotion).map(({ id }) => id),
    ...(record.hold ? { hold: record.hold } : {}),
    ...(record.freeze ? { freeze: record.freeze } : {}),
    ...(record.drift ? { drift: record.drift } : {}),
    fleet: counts,
    recent: recent.map(promotionRow),
    traffic: trafficView(samples, { fromEpochMs, stepMs: STEP_MS, steps: STEPS }),
  };
  const refusing = nodes.filter(({ state }) => state === 'refused').map(({ stateSinceEpochMs }) => stateSinceEpochMs);
  return { view, needs: { record, open, fleet: counts, refusedSinceEpochMs: Math.min(...refusing) } };
}

async function liveView(live: NonNullable<StageRecord['live']>, { store, approvers }: StagesPorts): Promise<LiveView> {
  const promotion = await store.read.promotion(live.promotion);
  return {
    ...live,
    ...(promotion ? { requestedBy: promotion.request.by } : {}),
    approvedBy: await approvers(live.promotion),
  };
}

async function onTheWay(promotion: Promotion, { gates, why }: Standing, { store }: BoardPorts): Promise<OnTheWay> {
  const plan = planOf(promotion.state);
  const isMoving = promotion.state.kind === 'verifying' || promotion.state.kind === 'observing';
  const progress = isMoving ? await progressOf(store, promotion) : undefined;
  const cells = plan
    ? await cellsOf(store, { promotion: promotion.id, digest: plan.digest, baseDigest: plan.base.digest })
    : [];
  const proved = 'verdict' in promotion.state ? promotion.state.verdict.cells : [];
  return {
    promotion: promotionRow(promotion),
    gates,
    ...(why ? { why } : {}),
    ...(progress === undefined ? {} : { progress }),
    cells:
      cells.length > 0
        ? cells.map((cell) => ({ envoy: cell.envoy, state: cellState(cell) }))
        : proved.map(({ envoy, verdict }) => ({ envoy, state: verdict })),
  };
}

/** Who approved a promotion whose push was intended. */
export async function approversOf(
  id: PromotionId,
  { store, index }: Pick<StagesPorts, 'store' | 'index'>,
): Promise<readonly PersonId[]> {
  return lastEvent(await promotionTrail(id, store, index), 'push-intended')?.event.approvedBy ?? [];
}
