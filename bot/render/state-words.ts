import { actorName, type PersonId } from '../../pipeline/ids.ts';
import type { Promotion, PromotionState, StateKind } from '../../pipeline/promotion/promotion.ts';
import { code, escapeEntities } from './escape.ts';

export type Names = (person: PersonId) => string;

/** An icon and words: the icon alone would be lost on who cannot see it or its colour. */
const SIGNS: Readonly<Record<StateKind, { readonly icon: string; readonly words: string }>> = {
  queued: { icon: '⏸️', words: 'queued' },
  planning: { icon: '📝', words: 'planning' },
  verifying: { icon: '🔬', words: 'verifying on real Envoys' },
  gating: { icon: '🚦', words: 'at its gates' },
  pushing: { icon: '📤', words: 'pushing' },
  observing: { icon: '👀', words: 'watching the fleet' },
  undecided: { icon: '❓', words: 'nobody could tell: people decide' },
  unconfirmed: { icon: '🔓', words: 'waits for the second person of a broken glass' },
  'rolling-back': { icon: '↩️', words: 'rolling back' },
  errored: { icon: '⚠️', words: 'could not be judged or done' },
  promoted: { icon: '✅', words: 'promoted' },
  'rolled-back': { icon: '⏪', words: 'rolled back' },
  rejected: { icon: '⛔', words: 'rejected' },
  cancelled: { icon: '🚫', words: 'cancelled' },
  superseded: { icon: '⏭️', words: 'superseded' },
  expired: { icon: '⌛', words: 'expired' },
};

export const signOf = (kind: StateKind) => SIGNS[kind];

/** Mrkdwn: the state and what only it knows. */
export function stateLine({ state }: Promotion, names: Names): string {
  const { icon, words } = SIGNS[state.kind];
  const rest = detailOf(state, names);
  return `${icon} *${words}*${rest === '' ? '' : ` — ${rest}`}`;
}

function detailOf(state: PromotionState, names: Names): string {
  const by = (actor: Parameters<typeof actorName>[0]): string =>
    actor.kind === 'person' ? code(names(actor.person), 80) : escapeEntities(actorName(actor));
  const why = (reason: string): string => (reason.trim() === '' ? '' : `: ${code(reason, 600)}`);
  switch (state.kind) {
    case 'queued':
      return `behind ${code(state.behind, 80)}`;
    case 'pushing':
      return state.abort ? `to be taken back, asked by ${by(state.abort.by)}${why(state.abort.reason)}` : '';
    case 'rolling-back':
      return `by ${by(state.by)}${why(state.reason)}`;
    case 'errored':
      return `during ${state.during}: ${code(state.message, 800)}${state.mayBePushed ? '. The target may hold it: the stage is held' : ''}`;
    case 'rolled-back':
      return `because ${code(state.reason, 600)}`;
    case 'rejected':
    case 'cancelled':
      return `by ${by(state.by)}${why(state.reason)}`;
    case 'superseded':
      return `by ${code(state.by, 80)}`;
    case 'expired':
      return `it was ${code(state.was, 120)}`;
    case 'planning':
    case 'verifying':
    case 'gating':
    case 'observing':
    case 'undecided':
    case 'unconfirmed':
    case 'promoted':
      return '';
    default:
      return state satisfies never;
  }
}

/** A point in time as each reader's own clock has it; UTC where Slack cannot tell. */
export function when(epochMs: number): string {
  const iso = new Date(epochMs).toISOString().slice(0, 16).replace('T', ' ');
  return `<!date^${Math.floor(epochMs / 1000)}^{date_short_pretty} {time}|${iso} UTC>`;
}
