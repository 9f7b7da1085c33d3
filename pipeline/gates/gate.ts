import type { Finding } from '../../render/finding.ts';
import type { PersonId } from '../ids.ts';

const GATE_NAMES = ['stop', 'hold', 'order', 'verdict', 'soak', 'freeze', 'approvals', 'owners'] as const;
export type GateName = (typeof GATE_NAMES)[number];

/** A condition of a promotion. Gates never sleep: they say when to ask again. */
export type GateState =
  | { readonly kind: 'open'; readonly note?: string }
  /** Waiting cannot open it. */
  | { readonly kind: 'closed'; readonly findings: readonly Finding[] }
  | {
      readonly kind: 'waiting';
      /** `2 of 2 approvals of release-managers are missing`. */
      readonly reason: string;
      /** When it opens or must be looked at again by itself; undefined: only an event opens it. */
      readonly untilEpochMs: number | undefined;
      /** Who can open it: people, or groups by name; empty when time alone does. */
      readonly owners: { readonly groups: readonly string[]; readonly people: readonly PersonId[] };
    }
  /** A broken glass skipped it. What it would have said stands in `instead`. */
  | { readonly kind: 'skipped'; readonly by: PersonId; readonly instead: string };

export type GateReport = { readonly gate: GateName; readonly state: GateState };
