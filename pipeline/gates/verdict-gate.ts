import type { GateState } from './gate.ts';
import type { GateFacts } from './gate-facts.ts';
import { closed, open, waiting } from './gate-states.ts';

/** The matrix passed for exactly these bytes, on the way from exactly what is delivered there now. Never skipped. */
export function verdictGate(facts: GateFacts): GateState {
  const { promotion, policy } = facts;
  const { state, request } = promotion;
  if (!('plan' in state)) return waiting('it is not planned yet', undefined);
  const { plan } = state;
  if (!('verdict' in state)) return waiting('it is being proved on real Envoys', undefined);
  const { verdict } = state;
  if (plan.policyVersion !== policy.version)
    return waiting('the gates have changed since it was planned: it is planned anew', undefined, policy.roles.request);
  const isOfThese = verdict.digest === plan.digest;
  const isFromHere = verdict.baseDigest === plan.base.digest;
  if (!isOfThese || !(isFromHere || request.purpose === 'rollback'))
    return waiting('the verdict is of something else: it is proved anew', undefined, policy.roles.request);
  switch (verdict.verdict) {
    case 'pass':
      return open(isFromHere ? undefined : 'proved when it was promoted: going back is not proved anew');
    case 'fail': {
      const failed = verdict.cells.filter((cell) => cell.verdict === 'fail').map(({ envoy }) => envoy);
      return closed(facts, 'verdict-fail', `a failure on Envoy ${failed.join(', ')}`, 'a pass on every Envoy version');
    }
    case 'inconclusive':
      return waiting('nobody could tell whether it works: retry or cancel it', undefined, policy.roles.request);
    default:
      return verdict.verdict satisfies never;
  }
}
