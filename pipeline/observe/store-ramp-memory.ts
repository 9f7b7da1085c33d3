import { keptRamp } from '../../controlplane/ramp/kept-ramp.ts';
import type { RampMemory } from '../../controlplane/ramp/ramp-memory.ts';
import type { FleetStore } from './store-fleet-sink.ts';

/** Keeps the ramp of one cluster in the store, for control planes of any machine. Rejects when the store is gone. */
export function storeRampMemory(store: FleetStore, stage: string, cluster: string): RampMemory {
  return {
    async read() {
      const [row] = await store.sql<{ readonly kept: string }>(
        'SELECT kept::text AS kept FROM meshgate.ramp WHERE stage = $1 AND cluster = $2',
        [stage, cluster],
      );
      return row && keptRamp(row.kept, `the ramp of ${cluster} in the database`);
    },
    async replace(next, expectedVersion, expectedOrder) {
      const changed = await store.sql(expectedVersion === 0 ? FIRST : NEXT, [
        stage,
        cluster,
        next.version,
        JSON.stringify(next),
        expectedVersion,
        expectedOrder ? JSON.stringify(expectedOrder) : null,
      ]);
      return changed.length > 0;
    },
  };
}

const NEXT = `
  UPDATE meshgate.ramp SET version = $3::bigint, kept = $4::text::jsonb
  WHERE stage = $1 AND cluster = $2 AND version = $5::bigint AND coalesce(kept -> 'order' = $6::text::jsonb, true) RETURNING 1`;

/** An order may be kept before the first step is made. */
const FIRST = `
  INSERT INTO meshgate.ramp (stage, cluster, version, kept) VALUES ($1, $2, $3::bigint, $4::text::jsonb)
  ON CONFLICT (stage, cluster) DO UPDATE SET version = excluded.version, kept = excluded.kept
  WHERE ramp.version = $5::bigint AND coalesce(ramp.kept -> 'order' = $6::text::jsonb, true) RETURNING 1`;
