import { verifyAudit } from '../../pipeline/audit/verify-audit.ts';
import type { PromotionId } from '../../pipeline/ids.ts';
import type { StageName } from '../../render/ids.ts';
import type { BoardReads } from '../api/reads.ts';
import type { MeshMapView } from '../api/types/mesh-map.ts';
import type { BoardPorts } from './board-ports.ts';
import { compareChoices, compareView } from './compare-view.ts';
import { fleetPayload } from './fleet-payload.ts';
import { historyIndex } from './history-index.ts';
import { historyView } from './history-view.ts';
import { meshMapView } from './mesh-map-view.ts';
import { meshNow } from './mesh-now.ts';
import { promotionView } from './promotion-view.ts';
import { serviceView } from './service-view.ts';
import { share, shareEach } from './share.ts';
import { snapshotReader, snapshotsOfPlans } from './snapshots-of-plans.ts';
import { sourceLines } from './source-lines.ts';
import { approversOf, stagesView } from './stages-view.ts';
import { verificationsView, verificationView } from './verification-views.ts';

/** Every tab that is open asks at the same moment when something happens: they get one answer. */
const TOGETHER_MS = 250;
/** Of the fleet and the map, which change all the time. */
const FIGURES_MS = 1_000;
const MINUTE_MS = 60_000;
/** Control planes report every 5 s: between two reports a map is the same one. */
const STEP_MS = 5_000;
/** Reading a whole log through is work; people who press twice get what was found. */
const VERIFIED_MS = 5_000;

/** What the pages show, from the store, the repository and the control planes. Nothing is written but the index of the audit log. */
export function boardReads(given: BoardPorts): BoardReads {
  const { store, clock, serviceMap, controlPlanes } = given;
  const perStage = shareEach(FIGURES_MS, (stage) => given.fleet.nodes(stage as StageName));
  const ports: BoardPorts = { ...given, fleet: { ...given.fleet, nodes: (stage) => perStage(stage) } };
  const mesh = meshNow(ports);
  const index = historyIndex(store);
  const snapshots = snapshotReader(store);
  const approvers = shareEach(60 * MINUTE_MS, (id) => approversOf(id as PromotionId, { store, index }), 256);
  const stages = share(TOGETHER_MS, () => stagesView({ ...ports, mesh, index, approvers }));
  const lines = sourceLines(ports.source);
  const promotionPorts = { ...ports, index, lines, snapshots: snapshotsOfPlans(snapshots) };
  const promotion = shareEach(TOGETHER_MS, (id) => promotionView(id as PromotionId, promotionPorts));
  const verificationPorts = { store, mesh, lines };
  const verification = shareEach(TOGETHER_MS, (id) => verificationView(id, verificationPorts));
  const verifications = shareEach(TOGETHER_MS, (before) =>
    verificationsView(before === '' ? {} : { before: Number(before) }, verificationPorts),
  );
  const isStage = async (name: string): Promise<boolean> =>
    (await mesh()).config.stages.some((stage) => stage.name === name) ||
    (await store.read.stage(name as StageName)).live !== undefined;

  const mapOf = shareEach<MeshMapView | undefined>(FIGURES_MS, async (key) => {
    const [stage = '', minutes = ''] = key.split('\n');
    if (!(await isStage(stage))) return undefined;
    const nowEpochMs = Math.floor(clock.nowEpochMs() / STEP_MS) * STEP_MS;
    const fromEpochMs = nowEpochMs - Number(minutes) * MINUTE_MS;
    const { live } = await store.read.stage(stage as StageName);
    const snapshot = live && (await snapshots(stage as StageName, live.digest));
    const edges = await serviceMap.serviceMap({ stage: stage as StageName, sinceEpochMs: fromEpochMs });
    const stale = live && !snapshot ? [{ what: `what is live in ${stage}`, problem: 'its snapshot is not kept' }] : [];
    return meshMapView({ stage: stage as StageName, snapshot, edges, fromEpochMs, nowEpochMs, stale });
  });

  return {
    stages,
    promotion,
    meshMap: (stage, minutes) => mapOf(`${stage}\n${minutes}`),
    async service(stage, name, minutes) {
      const map = await mapOf(`${stage}\n${minutes}`);
      const { live } = await store.read.stage(stage);
      const snapshot = live && (await snapshots(stage, live.digest));
      if (!map || !snapshot) return undefined;
      const [endpoints, nodes] = await Promise.all([controlPlanes.endpoints(stage, name), ports.fleet.nodes(stage)]);
      return serviceView({ stage, name, snapshot, map, endpoints, nodes });
    },
    async fleet(query) {
      const { config } = await mesh();
      const [told, ...nodes] = await Promise.all([
        controlPlanes.fleets(query.stage),
        ...config.stages.map(({ name }) => ports.fleet.nodes(name)),
      ]);
      const found = config.stages.map(({ name }, place) => ({ name, nodes: nodes[place] ?? [] }));
      return fleetPayload({ stages: found, told }, query);
    },
    history: (query) => historyView(query, store, index),
    compare: (query) => compareView(query, { ...ports, mesh, snapshots }),
    choices: () => compareChoices({ ...ports, mesh, snapshots }),
    verifications: ({ before }) => verifications(String(before ?? '')),
    verification,
    // Shared by all who ask: whoever goes away must not end it for the others.
    verifyAudit: share(VERIFIED_MS, async () => {
      const { rows, promotions, head, findings } = await verifyAudit(store);
      const { seq, hash } = head;
      const isSound = findings.length === 0;
      return { verifiedEpochMs: clock.nowEpochMs(), isSound, rows, promotions, head: { seq, hash }, findings };
    }),
  };
}
