import { type FleetPayload, type FleetRow, NODE_STATES, type TypeState } from './types/fleet.ts';

/** The rows of a payload, in its order. */
export function fleetRows(payload: FleetPayload): readonly FleetRow[] {
  const { stages, versions, digests, refused, types, typesOf } = payload;
  return payload.rows.map(([node, stage, version, state, digest, connected, since, seen], index): FleetRow => {
    const name = stages[stage] ?? '';
    const asked = typesOf[name];
    const told = types[index];
    return {
      node,
      stage: name,
      version: versions[version] ?? '',
      state: NODE_STATES[state] ?? 'gone',
      digest: digests[digest] ?? '',
      connectedSinceEpochMs: connected,
      stateSinceEpochMs: since,
      ...(seen === null ? {} : { seenEpochMs: seen }),
      refused: refused[index] ?? [],
      ...(asked ? { types: { ...Object.fromEntries(asked.map((type) => [type, ACKED])), ...told } } : {}),
    };
  });
}
const ACKED: TypeState = { state: 'acked' };
