import type { Policy } from '../pipeline/access/policy.ts';
import { cellState } from '../pipeline/engine/matrix/cell-state.ts';
import { cellsOf } from '../pipeline/engine/matrix/cells.ts';
import { progressOf } from '../pipeline/engine/matrix/progress.ts';
import type { EnginePorts } from '../pipeline/engine/ports.ts';
import { readableMesh } from '../pipeline/engine/source/readable-mesh.ts';
import { PolicyUnknown, policyAt, rulingRevision } from '../pipeline/engine/step.ts';
import { factsOf } from '../pipeline/engine/steps/gate-step.ts';
import { judgeGates } from '../pipeline/gates/gates.ts';
import { deadlineOf } from '../pipeline/promotion/deadlines.ts';
import { isTerminal, type Promotion, planOf } from '../pipeline/promotion/promotion.ts';
import type { CellProgress, Insight } from './insight.ts';

/** What the engine knows of promotions beside their records: gates as it judges them, cells and progress as it stores them. */
export function engineInsight(ports: EnginePorts): Insight {
  const { store, clock, source, revisions } = ports;
  const policyOf = async ({ request }: Promotion): Promise<Policy> => {
    const stage = await store.read.stage(request.stage);
    return policyAt(ports, rulingRevision(stage, request.revision), request.stage);
  };
  return {
    async stages() {
      try {
        const { config } = await readableMesh({ source, revisions });
        return config.stages.map(({ name }) => name);
      } catch (fault) {
        if (fault instanceof PolicyUnknown) return [];
        throw fault;
      }
    },
    policy: policyOf,
    async gates(promotion) {
      if (promotion.state.kind !== 'gating') return [];
      const policy = await policyOf(promotion);
      return judgeGates(await factsOf(store.read, promotion, policy, clock.nowEpochMs()));
    },
    async cells(promotion) {
      const { state } = promotion;
      if ('verdict' in state)
        return state.verdict.cells.map(({ envoy, verdict, cached }) => ({ envoy, state: verdict, cached }));
      const plan = planOf(state);
      if (state.kind !== 'verifying' || !plan) return [];
      const cells = await cellsOf(store, {
        promotion: promotion.id,
        digest: plan.digest,
        baseDigest: plan.base.digest,
      });
      return cells.map(
        ({ envoy, state, verdict, cached }): CellProgress => ({
          envoy,
          state: cellState({ state, verdict }),
          cached,
        }),
      );
    },
    fleet: async (promotion) =>
      promotion.state.kind === 'observing' || promotion.state.kind === 'undecided'
        ? progressOf(store, promotion)
        : undefined,
    async deadlineEpochMs(promotion) {
      if (isTerminal(promotion.state)) return undefined;
      return deadlineOf(promotion, await policyOf(promotion))?.atEpochMs;
    },
  };
}
