import { renderFinding } from '../../../render/finding.ts';
import { progressOf } from '../../engine/matrix/progress.ts';
import { policyAt, rulingRevision } from '../../engine/step.ts';
import { factsOf } from '../../engine/steps/gate-step.ts';
import { isVerificationId } from '../../engine/verification/verification.ts';
import { readVerification } from '../../engine/verification/verification-rows.ts';
import { judgeGates } from '../../gates/gates.ts';
import { actorName, type PromotionId, type VerificationId } from '../../ids.ts';
import type { Deadline } from '../../promotion/deadlines.ts';
import { explain } from '../../promotion/explain.ts';
import { canGoBack, occupiesStage, type Promotion, type PromotionState, planOf } from '../../promotion/promotion.ts';
import type { Answer, AnswerBlock } from '../answer.ts';
import { nameOf, shown, standingOf } from '../answers.ts';
import { type Desk, refuse } from '../execute/desk.ts';
import { atTime } from '../times.ts';
import { verificationAnswer } from './verification-answer.ts';

/** Where a promotion stands, what for, who moves it on, and when the state ends by itself. */
export async function why(id: PromotionId | undefined, desk: Desk): Promise<Answer> {
  if (id !== undefined && isVerificationId(id)) return verificationOf(id, desk);
  if (id !== undefined) {
    const promotion = await desk.promotion(id);
    return shown(`${nameOf(promotion)} ${standingOf(promotion)}`, await blocksOf(promotion, desk), promotion.id);
  }
  const open = await desk.ports.store.read.openPromotions();
  if (open.length === 0) return shown('nothing is on its way', []);
  const blocks: AnswerBlock[] = [];
  for (const promotion of open) {
    blocks.push({ kind: 'lines', lines: [`${nameOf(promotion)} ${standingOf(promotion)}`] });
    blocks.push(...(await blocksOf(promotion, desk)));
  }
  return shown(
    open.length === 1 ? 'one promotion is on its way' : `${open.length} promotions are on their way`,
    blocks,
  );
}

const LEFT = 'left as it is, since nothing was delivered before it, and the stage is held';
const isPushed = ({ kind }: PromotionState): boolean => occupiesStage({ kind });

/** What the watchdog does then, in words. */
function endOf({ state, request }: Promotion, { event }: Deadline): string {
  switch (event) {
    case 'failed':
      return 'it has erred, and people try again or cancel';
    case 'observed-nothing':
      return 'nobody can tell, and people decide';
    case 'glass-lapsed':
      return `nobody confirmed the broken glass, and it is ${isPushed(state) && !canGoBack(state) ? LEFT : 'undone'}`;
    case 'expired':
      if (!isPushed(state)) return 'it expires';
      if (request.purpose === 'rollback' && state.kind === 'undecided') return 'it stays, and the stage is held';
      return `it is ${canGoBack(state) ? 'taken back' : LEFT}`;
    default:
      return event satisfies never;
  }
}

async function verificationOf(id: VerificationId, { ports: { store } }: Desk): Promise<Answer> {
  const found = await readVerification(store, id);
  if (!found) return refuse('unknown-verification', undefined, `the verification ${id}`, 'one that verify has named');
  return verificationAnswer(found, (evidence) => store.read.evidence(evidence));
}

async function blocksOf(promotion: Promotion, { ports, signal }: Desk): Promise<readonly AnswerBlock[]> {
  const { request, state } = promotion;
  const { store, clock } = ports;
  const asked = `asked for by ${actorName(request.by)} at ${atTime(request.atEpochMs)}${request.reason === '' ? '' : `: ${request.reason}`}`;
  const plan = planOf(state);
  const lines = [asked, ...(plan ? [`${plan.summary}; ${plan.blastRadius}`] : [])];
  const findings = 'findings' in state ? state.findings.map(renderFinding) : [];
  const ruling = rulingRevision(await store.read.stage(request.stage), request.revision);
  const policy = await policyAt(ports, ruling, request.stage, signal);
  const reports =
    state.kind === 'gating' ? judgeGates(await factsOf(store.read, promotion, policy, clock.nowEpochMs())) : [];
  const explanation = explain(promotion, reports, policy, clock.nowEpochMs());
  const progress = ['verifying', 'observing'].includes(state.kind) ? await progressOf(store, promotion) : undefined;
  if (explanation) {
    const { owners, reasons, deadline, againAtEpochMs, waysOut } = explanation;
    lines.push(...reasons);
    if (progress !== undefined) lines.push(progress);
    lines.push(`moved on by: ${owners.join(', ')}`);
    if (againAtEpochMs !== undefined) lines.push(`by itself at ${atTime(againAtEpochMs)}`);
    lines.push(`if nothing happens until ${atTime(deadline.atEpochMs)}: ${endOf(promotion, deadline)}`);
    lines.push(...waysOut.map(({ command, does }) => `${command}: ${does}`));
  }
  return [
    { kind: 'lines', lines },
    ...(findings.length > 0 ? [{ kind: 'text' as const, text: findings.join('\n') }] : []),
  ];
}
