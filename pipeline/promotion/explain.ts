import type { Policy } from '../access/policy.ts';
import type { GateReport } from '../gates/gate.ts';
import { wordsOf } from '../gates/gates.ts';
import { type Deadline, deadlineOf } from './deadlines.ts';
import { canGoBack, type Promotion } from './promotion.ts';

/** Why a promotion is where it is. */
export type Explanation = {
  /** Who moves it on: groups and people by name, `meshgate`, or a promotion's id. Never empty. */
  readonly owners: readonly string[];
  /** One line each. Never empty. */
  readonly reasons: readonly string[];
  /** What ends the state by itself, and when. */
  readonly deadline: Deadline;
  /** When it moves on by itself, as far as that is known: a window that closes, a soak that ends. */
  readonly againAtEpochMs: number | undefined;
  /** What people can type, with what it does. Never empty. */
  readonly waysOut: readonly { readonly command: string; readonly does: string }[];
};

const MESHGATE = ['meshgate'];

/** Undefined for a promotion that has ended, and only then. `reports`: what its gates say now; empty where it is not at its gates. */
export function explain(
  promotion: Promotion,
  reports: readonly GateReport[],
  policy: Policy,
  nowEpochMs: number,
): Explanation | undefined {
  const deadline = deadlineOf(promotion, policy);
  if (!deadline) return undefined;
  const { owners, reasons, againAtEpochMs } = causeOf(promotion, reports, policy, nowEpochMs);
  return { owners, reasons, deadline, againAtEpochMs, waysOut: waysOutOf(promotion, reports) };
}

type Cause = Pick<Explanation, 'owners' | 'reasons'> & { readonly againAtEpochMs?: number };

function causeOf(promotion: Promotion, reports: readonly GateReport[], policy: Policy, now: number): Cause {
  const { state, glass, request } = promotion;
  const confirmers = policy.roles['break-glass'];
  switch (state.kind) {
    case 'queued':
      return { owners: [state.behind], reasons: [`${state.behind} goes first in ${request.stage}`] };
    case 'planning':
      return { owners: MESHGATE, reasons: ['it is compared with what is live'] };
    case 'verifying':
      return { owners: MESHGATE, reasons: ['it runs on real Envoys of every version of the stage'] };
    case 'gating':
      return gatesCause(reports, now);
    case 'pushing':
      return {
        owners: MESHGATE,
        reasons: [
          state.abort ? `it is being pushed, and then taken back: ${state.abort.reason}` : 'it is being pushed',
        ],
      };
    case 'observing':
      return { owners: MESHGATE, reasons: ['the fleet takes it and is watched'] };
    case 'undecided':
      return {
        owners: either(policy.roles.rollback),
        reasons: ['nobody could tell how the fleet took it', ...state.findings.map(({ saw }) => saw)],
      };
    case 'unconfirmed':
      return {
        owners: either(confirmers),
        reasons: [`${glass?.by ?? 'somebody'} broke the glass; a second person confirms`],
      };
    case 'rolling-back':
      return { owners: MESHGATE, reasons: [`it is being taken back: ${state.reason}`] };
    case 'errored':
      return {
        owners: either(policy.roles.request),
        reasons: [`nobody could tell, while ${state.during}: ${state.message}`],
      };
    case 'promoted':
    case 'rolled-back':
    case 'rejected':
    case 'cancelled':
    case 'superseded':
    case 'expired':
      throw new Error(`promotion ${promotion.id} has ended`);
    default:
      return state satisfies never;
  }
}

/** A role that nobody has is Meshgate's to end. */
const either = (groups: readonly string[]): readonly string[] => (groups.length > 0 ? groups : MESHGATE);

function gatesCause(reports: readonly GateReport[], now: number): Cause {
  const shut = reports.filter(({ state }) => state.kind === 'waiting' || state.kind === 'closed');
  if (shut.length === 0) return { owners: MESHGATE, reasons: ['every gate is open: it is about to be pushed'] };
  const owners = shut.flatMap(({ state }) =>
    state.kind === 'waiting' ? [...state.owners.groups, ...state.owners.people] : [],
  );
  const times = shut.flatMap(({ state }) =>
    state.kind === 'waiting' && state.untilEpochMs !== undefined && state.untilEpochMs > now
      ? [state.untilEpochMs]
      : [],
  );
  return {
    owners: owners.length > 0 ? [...new Set(owners)] : MESHGATE,
    reasons: shut.map(({ gate, state }) => `${gate}: ${wordsOf(state)}`),
    ...(times.length > 0 ? { againAtEpochMs: Math.min(...times) } : {}),
  };
}

type Way = Explanation['waysOut'][number];

function waysOutOf({ id, request, state, glass }: Promotion, reports: readonly GateReport[]): readonly Way[] {
  const way = (command: string, does: string): Way => ({ command, does });
  const cancel = way(`cancel ${id}`, 'ends it; nothing was pushed');
  const look = way(`why ${id}`, 'says how far it is; nothing was delivered before it, so it cannot be taken back');
  const hasBase = canGoBack(state);
  const back = hasBase ? way(`rollback ${request.stage}`, 'takes it back') : look;
  const no = hasBase ? back : way(`reject ${id}`, 'ends it; it cannot be taken back, so the stage is held as it is');
  const confirm =
    glass && glass.confirmedBy === undefined
      ? [way(`confirm ${id}`, 'confirms the broken glass, as a second person')]
      : [];
  switch (state.kind) {
    case 'queued':
    case 'planning':
    case 'verifying':
      return [...confirm, cancel];
    case 'gating':
      return [...gateWays(id, request.stage, reports), ...confirm, way(`reject ${id}`, 'says no'), cancel];
    case 'pushing':
      return [...(state.abort ? [] : confirm), back];
    case 'observing':
      return [...confirm, back];
    case 'unconfirmed':
      return [...confirm, no];
    case 'undecided':
      return [way(`approve ${id}`, 'takes it as it is'), ...confirm, no];
    case 'rolling-back':
      return [way(`why ${id}`, 'says how far it is')];
    case 'errored':
      return [way(`retry ${id}`, 'plans and proves it anew'), way(`cancel ${id}`, 'ends it')];
    default:
      return [];
  }
}

function gateWays(id: string, stage: string, reports: readonly GateReport[]): readonly Way[] {
  const ways: { readonly [gate: string]: Way } = {
    stop: { command: 'resume', does: 'lets all stages move again' },
    hold: { command: `release ${stage}`, does: 'lets the stage move again' },
    approvals: { command: `approve ${id}`, does: 'approves it' },
    owners: { command: `approve ${id}`, does: 'approves it' },
    verdict: { command: `retry ${id}`, does: 'proves it anew' },
  };
  const shut = reports.filter(({ state }) => state.kind === 'waiting' || state.kind === 'closed');
  const found = shut.flatMap(({ gate, state }) => {
    if (gate === 'freeze' && state.kind === 'waiting' && state.untilEpochMs === undefined)
      return [{ command: `unfreeze ${stage}`, does: 'lets the stage move again' }];
    const way = ways[gate];
    return way ? [way] : [];
  });
  return [...new Map(found.map((way) => [way.command, way])).values()];
}
