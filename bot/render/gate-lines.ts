import type { GateReport } from '../../pipeline/gates/gate.ts';
import { code } from './escape.ts';
import { type Names, when } from './state-words.ts';

/** One line for each gate: whether it is open, else why not, who can open it and until when. */
export function gateLine({ gate, state }: GateReport, names: Names): string {
  switch (state.kind) {
    case 'open':
      return `🟢 *${gate}* open${state.note ? `: ${code(state.note, 200)}` : ''}`;
    case 'closed':
      return `🔴 *${gate}* closed: ${state.findings
        .map(({ saw, want }) => `saw ${code(saw, 250)}; want ${code(want, 250)}`)
        .slice(0, 3)
        .join(' · ')}`;
    case 'waiting': {
      const { groups, people } = state.owners;
      const who = [
        ...groups.map((group) => `group ${code(group, 80)}`),
        ...people.map((person) => code(names(person), 80)),
      ];
      const shown = who.slice(0, 8).join(', ') + (who.length > 8 ? ` … ${who.length - 8} more` : '');
      const until = state.untilEpochMs === undefined ? '' : ` · looked at again ${when(state.untilEpochMs)}`;
      return `🟡 *${gate}* waits: ${code(state.reason, 300)}${who.length > 0 ? ` · can act: ${shown}` : ''}${until}`;
    }
    case 'skipped':
      return `🔓 *${gate}* skipped by ${code(names(state.by), 80)}; it would have said ${code(state.instead, 300)}`;
    default:
      return state satisfies never;
  }
}
