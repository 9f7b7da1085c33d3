import type { FleetStore } from './store-fleet-sink.ts';

/** What a control plane said that was killed counts for so long: it may come back, and its Envoys hold what it served. */
const GONE_KEPT_S = 60 * 60;

/**
 * Removes what control planes said that are gone for an hour, and the records of clusters of a stage that are not `used`, and of which no
 * other control plane says anything. Resolves with the names of those clusters; rejects when the store is gone.
 */
export async function sweepStoreRamps(
  store: FleetStore,
  stage: string,
  used: ReadonlySet<string>,
): Promise<readonly string[]> {
  await store.sql(FORGET, [stage, GONE_KEPT_S]);
  const rows = await store.sql<{ readonly cluster: string }>(SWEEP, [stage, JSON.stringify([...used])]);
  return rows.map(({ cluster }) => cluster);
}

/** One that is stopped takes its row away itself; one that is killed cannot. */
const FORGET = `
  DELETE FROM meshgate.ramp_view WHERE stage = $1 AND told < clock_timestamp() - $2::float8 * interval '1 second'`;

const SWEEP = `
  DELETE FROM meshgate.ramp WHERE stage = $1
    AND cluster NOT IN (SELECT jsonb_array_elements_text($2::text::jsonb))
    AND NOT EXISTS (SELECT 1 FROM meshgate.ramp_view v WHERE v.stage = $1 AND jsonb_exists(v.views, ramp.cluster))
  RETURNING cluster`;
