import type { FleetRow } from '../../../api/types/fleet.ts';

/** How it stands with each type, in a line: first Envoy's own words for what it refuses, then `CDS, EDS ACKed; RDS sent`. */
export function typeWords({ refused, types }: Pick<FleetRow, 'refused' | 'types'>): string {
  const nacks = refused.map(({ type, reason }) => `${type} NACKed: ${reason}`);
  const known = Object.entries(types ?? {}).filter(([type]) => !refused.some((one) => one.type === type));
  const states = Map.groupBy(known, ([, { state }]) => state);
  const words = (['nacked', 'sent', 'unsent', 'acked'] as const).flatMap((state) => {
    const those = states.get(state)?.map(([type]) => type) ?? [];
    return those.length > 0 ? [`${those.join(', ')} ${WORDS[state]}`] : [];
  });
  return [...nacks, ...words].join('; ') || '–';
}
const WORDS = { acked: 'ACKed', nacked: 'NACKed', sent: 'sent, not answered', unsent: 'not sent' } as const;
