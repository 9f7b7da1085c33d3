import type { FleetRow } from '../../../api/types/fleet.ts';

export type FleetFilter = {
  readonly stage?: string | undefined;
  readonly state?: string | undefined;
  readonly version?: string | undefined;
  /** A part of the name, or of what an Envoy says of what it refuses. */
  readonly text?: string | undefined;
  readonly order?: string | undefined;
};

const GRAVITY = { refused: 0, pending: 1, gone: 2, applied: 3 } as const;
export const ORDERS = ['problems', 'name', 'connected'] as const;

/** The rows that all of the filter holds for: what is not well first, unless another order is asked for. */
export function fleetPart(rows: readonly FleetRow[], filter: FleetFilter): readonly FleetRow[] {
  const text = filter.text?.trim().toLowerCase() ?? '';
  const part = rows.filter(
    (row) =>
      (!filter.stage || row.stage === filter.stage) &&
      (!filter.state || row.state === filter.state) &&
      (!filter.version || row.version === filter.version) &&
      (text === '' || row.node.toLowerCase().includes(text) || refusalHas(row, text)),
  );
  // What comes is in the order of names already; sorting keeps it among equals.
  if (filter.order === 'name') return part;
  if (filter.order === 'connected') return part.toSorted((a, b) => a.connectedSinceEpochMs - b.connectedSinceEpochMs);
  return part.toSorted((a, b) => GRAVITY[a.state] - GRAVITY[b.state]);
}

const refusalHas = ({ refused }: FleetRow, text: string): boolean =>
  refused.some(({ type, resources, reason }) =>
    `${type} ${resources.join(' ')} ${reason}`.toLowerCase().includes(text),
  );
