import { COMMAND_WORDS } from '../../pipeline/commands/command.ts';
import { cellsOf } from '../../pipeline/engine/matrix/cells.ts';
import { progressOf } from '../../pipeline/engine/matrix/progress.ts';
import { stageAt } from '../../pipeline/engine/step.ts';
import type { PromotionId } from '../../pipeline/ids.ts';
import type { Plan } from '../../pipeline/promotion/plan.ts';
import {
  isTerminal,
  occupiesStage,
  type Promotion,
  planOf,
  SKIPPABLE_GATES,
} from '../../pipeline/promotion/promotion.ts';
import type { ActionKind } from '../api/types/action.ts';
import type { MatrixView } from '../api/types/matrix.ts';
import type { PlanView, PromotionView, PushView } from '../api/types/promotion.ts';
import { approvalsView } from './approvals-view.ts';
import { auditRow } from './audit-rows.ts';
import type { BoardPorts } from './board-ports.ts';
import { diffView } from './diff-view.ts';
import { fleetCounts } from './fleet-counts.ts';
import type { HistoryIndex } from './history-index.ts';
import { matrixView } from './matrix-view.ts';
import { observationView } from './observation-view.ts';
import { type Standing, standingNow } from './promotion-policy.ts';
import { promotionRow } from './promotion-rows.ts';
import { lastEvent, promotionTrail } from './promotion-trail.ts';
import { pushView } from './push-view.ts';
import { slackLink } from './slack-link.ts';
import type { SnapshotsOfPlans } from './snapshots-of-plans.ts';
import type { SourceLines } from './source-lines.ts';

export type PromotionPorts = BoardPorts & {
  readonly index: HistoryIndex;
  readonly lines: SourceLines;
  readonly snapshots: SnapshotsOfPlans;
};

/** Everything of one promotion. What it was planned and proved as stays to be seen after it has ended: from the audit log. */
export async function promotionView(id: PromotionId, ports: PromotionPorts): Promise<PromotionView | undefined> {
  const { store, clock, index, lines, fleet } = ports;
  const promotion = await store.read.promotion(id);
  if (!promotion) return undefined;
  const { request, state } = promotion;
  const nowEpochMs = clock.nowEpochMs();
  const trail = await promotionTrail(id, store, index);
  const plan = planOf(state) ?? lastEvent(trail, 'planned')?.event.plan;
  const verified = lastEvent(trail, 'verified');
  // A verdict of before it was planned anew is of something else.
  const isOfPlan = verified && verified.record.seq > (lastEvent(trail, 'planned')?.record.seq ?? 0);
  const verdict = 'verdict' in state ? state.verdict : isOfPlan ? verified.event.verdict : undefined;
  const standing = await standingNow(promotion, ports);
  const revision = plan?.revision ?? request.revision;
  const linesOf = (findings: Parameters<SourceLines>[1]) => lines(revision, findings);
  const evidence = store.read.evidence.bind(store.read);
  const [nodes, planes] = await Promise.all([fleet.nodes(request.stage), fleet.controlPlanes(request.stage)]);
  const counts = fleetCounts(request.stage, nodes, planes, plan ? [plan.digest] : []);
  const push = pushView(trail, plan?.digest, nodes, occupiesStage(state) ? counts : undefined);
  const given = { stage: request.stage, trail, policy: standing.policy, nowEpochMs };
  const observation = await observationView(given, { fleet, evidence, lines: linesOf });
  const slackUrl = await slackLink(store, id, ports.slackUrl);
  const matrix = plan ? await matrixOf(promotion, plan, verdict, ports) : undefined;
  return {
    promotion: rowOf(promotion, plan),
    version: promotion.version,
    ...(request.retryOf === undefined ? {} : { retryOf: request.retryOf }),
    ...(standing.why ? { why: standing.why } : {}),
    findings: await linesOf('findings' in state ? state.findings : []),
    ...(plan ? { plan: await planView(plan, promotion, ports) } : {}),
    ...(matrix ? { matrix } : {}),
    gates: standing.gates,
    approvals: await approvalsView({ promotion, plan, verdict, ...standing }, store),
    ...(promotion.glass ? { glass: promotion.glass } : {}),
    ...(push ? { push: push satisfies PushView } : {}),
    ...(observation ? { observation } : {}),
    audit: trail.map(auditRow),
    ...(slackUrl === undefined ? {} : { slackUrl }),
    actions: await actionsOf(promotion, standing, ports),
    stale: standing.stale,
  };
}

function rowOf(promotion: Promotion, plan: Plan | undefined): PromotionView['promotion'] {
  const row = promotionRow(promotion);
  return plan ? { ...row, digest: plan.digest, summary: plan.summary } : row;
}

async function planView(plan: Plan, promotion: Promotion, ports: PromotionPorts): Promise<PlanView> {
  const { store, snapshots, lines, revisions } = ports;
  const { stage } = promotion.request;
  const { digest, base, revision, summary, blastRadius, authors, touchedPaths, findings } = plan;
  const at = await stageAt({ revisions }, revision, stage).catch(() => undefined);
  const found = at && (await snapshots(stage, base.digest, digest));
  const { digest: baseDigest, revision: baseRevision } = base;
  const from = {
    stage,
    ...(baseDigest === undefined ? {} : { digest: baseDigest }),
    ...(baseRevision === undefined ? {} : { revision: baseRevision }),
  };
  return {
    ...(found
      ? {
          diff: diffView({
            from: { side: from, snapshot: found.before },
            to: { side: { stage, digest, revision }, snapshot: found.after },
            stage: at,
          }),
        }
      : {}),
    text: (await store.read.evidence(plan.diff)) ?? '',
    summary,
    blastRadius,
    authors: authors.map(({ name }) => ({ name })),
    touchedPaths,
    findings: await lines(revision, findings),
    policyVersion: plan.policyVersion,
    nextPolicyVersion: plan.nextPolicyVersion,
  };
}

async function matrixOf(
  promotion: Promotion,
  plan: Plan,
  verdict: Parameters<typeof matrixView>[0]['verdict'],
  { store, lines }: PromotionPorts,
): Promise<MatrixView> {
  const cells = await cellsOf(store, { promotion: promotion.id, digest: plan.digest, baseDigest: plan.base.digest });
  const progress = promotion.state.kind === 'verifying' ? await progressOf(store, promotion) : undefined;
  const given = { stage: promotion.request.stage, revision: plan.revision, cells, verdict, progress };
  return matrixView(given, { evidence: (id) => store.read.evidence(id), lines });
}

const isCommand = (word: string | undefined): word is ActionKind =>
  (COMMAND_WORDS as readonly (string | undefined)[]).includes(word);

/** What is offered in words, as commands; and what is never offered first: breaking the glass, going back from what is live. */
async function actionsOf(
  promotion: Promotion,
  { why, gates }: Standing,
  { store }: Pick<BoardPorts, 'store'>,
): Promise<readonly ActionKind[]> {
  const offered = (why?.waysOut ?? []).map(({ command }) => command.split(' ')[0]).filter(isCommand);
  const { state, request, glass } = promotion;
  const skips = gates.some(
    ({ gate, state: said }) => said.kind !== 'open' && (SKIPPABLE_GATES as readonly string[]).includes(gate),
  );
  const found: ActionKind[] = [...offered];
  if (skips && glass === undefined && request.purpose !== 'rollback') found.push('break-glass');
  if (state.kind === 'promoted') {
    const { live, past } = await store.read.stage(request.stage);
    if (live?.promotion === promotion.id && past.length > 0) found.push('rollback');
  } else if (isTerminal(state)) found.push('retry');
  return [...new Set(found)];
}
