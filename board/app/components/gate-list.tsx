import type { GateReport } from '../../../pipeline/gates/gate.ts';
import { Ago } from './ago.tsx';
import { GATE_LOOKS } from './state-look.ts';
import './gate-list.css';
import { Icon } from './icon.tsx';

/** Gates with why they are as they are. */
export function GateList({ gates }: { readonly gates: readonly GateReport[] }) {
  return (
    <ul class="gates">
      {gates.map(({ gate, state }) => {
        const look = GATE_LOOKS[state.kind];
        return (
          <li key={gate}>
            <span class={`gate-state tone-${look.tone}`}>
              <Icon name={look.icon} />
              <span class="unseen">{look.word}: </span>
            </span>
            <span>
              <strong>{gate}</strong> <GateWords state={state} />
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function GateWords({ state }: { readonly state: GateReport['state'] }) {
  switch (state.kind) {
    case 'open':
      return <>{state.note ?? 'open'}</>;
    case 'closed':
      return (
        <>
          {state.findings.map(({ rule, saw, want }) => (
            <span key={`${rule} ${saw}`} class="gate-finding">
              saw {saw}; want {want} <code>{rule}</code>
            </span>
          ))}
        </>
      );
    case 'waiting':
      return (
        <>
          {state.reason}
          {state.untilEpochMs !== undefined && (
            <>
              , looked at again <Ago at={state.untilEpochMs} />
            </>
          )}
        </>
      );
    case 'skipped':
      return (
        <>
          skipped by {state.by}; it would have said: {state.instead}
        </>
      );
    default:
      return state satisfies never;
  }
}
