import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../cli/demo/free-ports.ts';
import { pollUntil } from '../../conformance/poll-until.ts';
import type { Revision } from '../../pipeline/ids.ts';
import type { Digest, StageName } from '../../render/ids.ts';
import { median } from '../measure.ts';
import { type BenchFleet, startBenchFleet } from './bench-fleet.ts';
import { writeBenchMesh } from './bench-mesh.ts';
import { type Desk, openDesk } from './desk.ts';
import { watchLoad } from './load.ts';
import { makePlace } from './place.ts';
import { type BenchStore, onBothStores } from './stores.ts';

const ENVOYS = 40;
const CLIENTS = 60;
const ROUNDS = 5;
const STAGE = 'canary' as StageName;
const WITHIN_MS = 120_000;

/** From `approve` to the first and the last of 100 nodes having ACKed, by step. */
export const benchApproveToAcked = (): Promise<void> => onBothStores(measureAcks);

async function measureAcks({ kind, env }: BenchStore): Promise<void> {
  const [port = 0, edge = 0] = await freePorts(2);
  await using place = await makePlace(env);
  const gates = '{ approvals: { count: 1, group: release-managers, expire: 1h } }';
  const observe = `for: 1s, sample: 1s, ack_within: 60s, without_traffic: true`;
  const mesh = await writeBenchMesh(place.configDir, [{ name: STAGE, gates, port: edge }], observe);
  // The worker comes first, so it hosts the embedded store.
  await place.processes.start('worker', ['worker', ...place.placeArgs]).said('worker:', WITHIN_MS);
  const serve = ['serve', ...place.placeArgs, '--stage', STAGE, '--listen', `127.0.0.1:${port}`];
  await place.processes.start('serve', serve).said('serving stage', WITHIN_MS);
  await using desk = await openDesk(place);
  const scratchDir = join(place.dir, 'envoys');
  const cluster = `bench-${STAGE}`;
  await using fleet = await startBenchFleet({
    controlPlanePort: port,
    cluster,
    envoys: ENVOYS,
    clients: CLIENTS,
    scratchDir,
  });
  const rounds: Round[] = [];
  const load = watchLoad();
  // The first one finds empty Envoys and is not counted.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const revision = (await mesh.change(1_100 + 100 * round)) as Revision;
    const seen = await oneRound(desk, fleet, revision);
    if (round > 0) rounds.push(seen);
  }
  console.log(
    `${kind}: approve to ACK of ${ENVOYS} Envoys and ${CLIENTS} xDS clients, ${rounds.length} promotions; ${load()}`,
  );
  for (const step of Object.keys(rounds[0] ?? {}) as (keyof Round)[]) {
    const values = rounds.map((round) => round[step]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    console.log(`  ${step}: ${median(values).toFixed(0)} ms after approve (${low.toFixed(0)} to ${high.toFixed(0)})`);
  }
}

type Round = Readonly<
  Record<
    | 'approve stored'
    | 'a worker took the job'
    | 'gates judged, push intended'
    | 'pushed'
    | 'control plane serves it'
    | 'first node ACKed'
    | 'last node ACKed'
    | 'last xDS client sent its ACK, by its own clock',
    number
  >
>;

async function oneRound(desk: Desk, fleet: BenchFleet, revision: Revision): Promise<Round> {
  const id = await desk.does('ada', { kind: 'promote', stage: STAGE, revision, reason: '' });
  const waiting = await desk.becomes(id, 'gating');
  const digest = (waiting.state as { plan: { digest: Digest } }).plan.digest;
  await sleep(1_000); // what the proof left behind ends first
  const approvedAt = Date.now();
  await desk.does('grace', { kind: 'approve', promotion: id, binding: undefined, reason: '' });
  const answeredAt = Date.now();
  const all = ENVOYS + CLIENTS;
  const nodes = await pollUntil(`${all} nodes with ${digest}`, WITHIN_MS, new AbortController().signal, async () => {
    const rows = await desk.store.sql<{ at: number }>(
      `SELECT state_since_ms::float8 AS at FROM meshgate.fleet_nodes
       WHERE stage = $1 AND served_digest = $2 AND state = 'applied' ORDER BY state_since_ms`,
      [STAGE, digest],
    );
    return rows.length >= all ? rows : undefined;
  });
  const [plane] = await desk.store.sql<{ at: number }>(
    'SELECT min(state_since_ms)::float8 AS at FROM meshgate.fleet_control_planes WHERE stage = $1 AND served_digest = $2',
    [STAGE, digest],
  );
  const [job] = await desk.store.sql<{ at: number }>(
    `SELECT extract(epoch FROM min(started_on))::float8 * 1000 AS at FROM meshgate_jobs.job
     WHERE name = 'advance' AND data->>'promotion' = $1 AND started_on > to_timestamp($2::float8 / 1000)`,
    [id, approvedAt],
  );
  const events = await desk.store.sql<{ kind: string; at: number }>(
    `SELECT subject->'event'->>'kind' AS kind, at_epoch_ms::float8 AS at FROM meshgate.audit
     WHERE subject->>'promotion' = $1 ORDER BY seq`,
    [id],
  );
  const at = (kind: string): number => (events.find((event) => event.kind === kind)?.at ?? Number.NaN) - approvedAt;
  const times: Round = {
    'approve stored': answeredAt - approvedAt,
    'a worker took the job': (job?.at ?? Number.NaN) - approvedAt,
    'gates judged, push intended': at('push-intended'),
    pushed: at('pushed'),
    'control plane serves it': (plane?.at ?? Number.NaN) - approvedAt,
    'first node ACKed': (nodes[0]?.at ?? Number.NaN) - approvedAt,
    'last node ACKed': (nodes.at(-1)?.at ?? Number.NaN) - approvedAt,
    'last xDS client sent its ACK, by its own clock': Math.max(...fleet.clientAcks.values()) - approvedAt,
  };
  await desk.becomes(id, 'promoted');
  return times;
}
