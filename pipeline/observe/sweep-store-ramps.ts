import type { FleetStore } from './store-fleet-sink.ts';

/**
 * Removes the records of clusters of a stage that are not `used`, and of which no other control plane says anything. Resolves with their
 * names; rejects when the store is gone.
 */
export async function sweepStoreRamps(
  store: FleetStore,
  stage: string,
  used: ReadonlySet<string>,
): Promise<readonly string[]> {
  const rows = await store.sql<{ readonly cluster: string }>(SWEEP, [stage, JSON.stringify([...used])]);
  return rows.map(({ cluster }) => cluster);
}

const SWEEP = `
  DELETE FROM meshgate.ramp WHERE stage = $1
    AND cluster NOT IN (SELECT jsonb_array_elements_text($2::text::jsonb))
    AND NOT EXISTS (SELECT 1 FROM meshgate.ramp_view v WHERE v.stage = $1 AND jsonb_exists(v.views, ramp.cluster))
  RETURNING cluster`;
