import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { fleetRows } from '../../board/api/fleet-rows.ts';
import type { AuditVerification } from '../../board/api/types/audit.ts';
import type { CompareView } from '../../board/api/types/compare.ts';
import type { FleetPayload } from '../../board/api/types/fleet.ts';
import type { HistoryView } from '../../board/api/types/history.ts';
import type { MeshMapView } from '../../board/api/types/mesh-map.ts';
import type { PromotionView } from '../../board/api/types/promotion.ts';
import type { ServiceView } from '../../board/api/types/service.ts';
import type { StagesView } from '../../board/api/types/stages.ts';
import type { RunningBoard } from '../../board/server/start-board.ts';
import { storeFleetSink } from '../../pipeline/observe/store-fleet-sink.ts';
import type { Digest } from '../../render/ids.ts';
import { type SharedStore, sharedStore, type World, world } from '../pipeline/engine/engine-world.ts';
import { boardOf, get, send, smallDist } from './board-world.ts';
import { sameWords } from './same-words.ts';
import { unchangedAnswers } from './unchanged-answers.ts';
import { verificationsOnBoard } from './verifications-on-board.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const things = new AsyncDisposableStack();
let shared: SharedStore;
let mesh: World;
let dist: string;
let board: RunningBoard;
const HOSTILE = '<img src=x onerror=alert(1)>\u0000\ud800 "\'\u2028';
const STALE = {
  rule: 'discovery-stale',
  severity: 'warning',
  at: { file: 'clusters/app.yaml', line: 1, column: 1 },
  saw: 'consul app fails since 2026-11-22 20:30:00 UTC: ECONNREFUSED',
  want: 'an answer; its 3 last known hosts are served',
  resource: 'cluster app',
} as const;

/** beta has one promotion live and a second one after it; canary waits at its gates, and one that failed before it. */
beforeAll(async () => {
  shared = things.use(await sharedStore());
  mesh = things.use(await world(shared));
  dist = things.use(await smallDist()).dir;
  board = things.use(await boardOf(shared, mesh, dist, { slackUrl: 'https://acme.slack.com' }));
  await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: HOSTILE });
  await mesh.settle();
  const clusters = '- { name: app, type: STATIC, connect_timeout: 2s }\n- { name: extra, type: STATIC }\n';
  await mesh.commit({ 'clusters/extra.yaml': 'name: extra\ntype: STATIC\nconnect_timeout: 2s\n' }, 'omar', clusters);
  await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: 'more' });
  await mesh.settle();
  mesh.cell = ({ stage, envoy }) => ({
    verdict: 'fail',
    report: JSON.stringify({
      durationMs: 7,
      findings: [],
      cells: [
        {
          envoy,
          durationMs: 7,
          steps: [{ name: 'checks', verdict: 'fail', durationMs: 5 }],
          checks: [
            {
              name: 'GET /',
              origin: 'default',
              at: { file: 'clusters/extra.yaml', line: 2, column: 1 },
              durationMs: 3,
              outcome: {
                kind: 'fail',
                findings: [
                  {
                    rule: 'check-status',
                    severity: 'error',
                    at: { file: 'clusters/extra.yaml', line: 2, column: 1 },
                    saw: HOSTILE,
                    want: 'status 200',
                    stage,
                  },
                ],
              },
            },
          ],
          findings: [],
          substitutions: [],
          repro: 'mesh verify',
        },
      ],
    }),
  });
  await mesh.as('bo')({ kind: 'promote', stage: mesh.canary, revision: undefined, reason: 'too early' });
  await mesh.settle();
  mesh.cell = () => undefined;
  await mesh.as('bo')({ kind: 'promote', stage: mesh.canary, revision: undefined, reason: 'now' });
  await mesh.settle();
});
afterAll(() => things.disposeAsync());

test('the stages: what is live and by whom, what is on its way and why, and what needs a person', async () => {
  const view = await get<StagesView>(board, '/api/stages');
  expect(view.stages.map(({ name }) => name)).toEqual([mesh.beta, mesh.canary]);
  const [beta, canary] = view.stages;
  const { live } = await shared.store.read.stage(mesh.beta);
  expect(beta?.live).toMatchObject({
    digest: live?.digest,
    promotion: `${mesh.beta}-2`,
    requestedBy: { person: 'ada' },
  });
  expect(beta?.recent.map(({ id, state }) => [id, state])).toEqual([
    [`${mesh.beta}-2`, 'promoted'],
    [`${mesh.beta}-1`, 'promoted'],
  ]);
  expect(canary?.live).toBeUndefined();
  expect(canary?.onTheWay).toMatchObject({
    promotion: { id: `${mesh.canary}-2`, state: 'gating' },
    cells: [{ envoy: '1.40.0', state: 'pass' }],
    why: { owners: ['managers'] },
  });
  expect(canary?.onTheWay?.gates.find(({ gate }) => gate === 'approvals')?.state.kind).toBe('waiting');
  expect(view.needs).toMatchObject([{ kind: 'approve', promotion: `${mesh.canary}-2`, owners: ['managers'] }]);
  expect(view.needs[0]?.ways.map(({ command }) => command)).toContain(`approve ${mesh.canary}-2`);
});

test('a promotion: the diff as data, its cells, approvals and what may be done; text of others as it is', async () => {
  const view = await get<PromotionView>(board, `/api/promotions/${mesh.beta}-2`);
  expect(view.plan?.diff?.resources).toMatchObject([{ kind: 'cluster', name: 'extra', change: 'added' }]);
  expect(view.plan?.diff?.graph.nodes).toMatchObject([{ id: 'cluster extra', change: 'added' }]);
  expect(view.plan?.authors).toEqual([{ name: 'omar' }]);
  expect(view.matrix).toMatchObject({ verdict: 'pass', stages: [mesh.beta], envoys: ['1.36.4', '1.40.0'] });
  expect(view.push).toMatchObject({ approvedBy: [], delivered: { atEpochMs: expect.any(Number) } });
  expect(view.observation).toMatchObject({ outcome: 'healthy', figures: {} });
  expect(view.audit.map(({ kind }) => kind)).toEqual([
    ...['requested', 'planned', 'verified', 'push-intended', 'pushed', 'observed-healthy'],
  ]);
  expect(view.actions).toEqual(['rollback']);

  const first = await get<PromotionView>(board, `/api/promotions/${mesh.beta}-1`);
  expect(first.promotion.reason).toBe(HOSTILE);
  const waiting = await get<PromotionView>(board, `/api/promotions/${mesh.canary}-2`);
  expect(waiting.actions.toSorted()).toEqual(['approve', 'break-glass', 'cancel', 'reject']);
  expect(waiting.approvals).toMatchObject({ binding: expect.stringMatching(/^[0-9a-f]{64}$/), given: [] });
});

test('a promotion that was rejected is still shown with its plan, and its findings with the lines they are about', async () => {
  const view = await get<PromotionView>(board, `/api/promotions/${mesh.canary}-1`);
  expect(view.promotion).toMatchObject({ state: 'rejected', hasEnded: true });
  expect(view.plan?.diff?.summary).toMatch(/^first delivery/);
  const [cell] = view.matrix?.cells ?? [];
  expect(cell).toMatchObject({ state: 'fail', report: { checks: [{ outcome: 'fail' }] } });
  expect(cell?.report?.checks[0]?.findings[0]).toMatchObject({
    saw: HOSTILE,
    excerpt: { firstLine: 1, lines: ['name: extra', 'type: STATIC', 'connect_timeout: 2s', ''] },
  });
});

test('history finds rows by person, service, digest and time, page by page', async () => {
  const of = async (query: string): Promise<HistoryView> => get(board, `/api/history?${query}`);
  const promotionsOf = ({ rows }: HistoryView): string[] => [...new Set(rows.map(({ promotion }) => promotion ?? ''))];
  expect(promotionsOf(await of('person=Bo&kind=requested'))).toEqual([`${mesh.canary}-2`, `${mesh.canary}-1`]);
  expect(promotionsOf(await of('person=omar'))).toEqual([`${mesh.canary}-2`, `${mesh.canary}-1`, `${mesh.beta}-2`]);
  expect(promotionsOf(await of(`service=extra&stage=${mesh.beta}&kind=planned`))).toEqual([`${mesh.beta}-2`]);
  const { live } = await shared.store.read.stage(mesh.beta);
  expect(promotionsOf(await of(`digest=${live?.digest.slice(0, 10)}&kind=pushed`))).toEqual([`${mesh.beta}-2`]);
  expect((await of('person=nobody-of-that-name')).rows).toEqual([]);
  expect((await of('person=%25')).rows).toEqual([]);
  expect((await of('toEpochMs=1')).rows).toEqual([]);

  const seen: number[] = [];
  for (let before = ''; ; ) {
    const { rows, next } = await of(`limit=5${before}`);
    seen.push(...rows.map(({ seq }) => seq));
    if (next === undefined) break;
    before = `&before=${next}`;
  }
  const { rows } = await of('limit=200');
  expect(seen).toEqual(rows.map(({ seq }) => seq));
  expect(seen).toEqual(seen.toSorted((a, b) => b - a));
});

test('the chain is verified on demand', async () => {
  expect(await get<AuditVerification>(board, '/api/audit/verify')).toMatchObject({ isSound: true, findings: [] });
});

test('any two of stages, digests and revisions are compared', async () => {
  const compare = (from: string, to: string): Promise<CompareView> =>
    get(board, `/api/compare?from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`);
  const view = await get<PromotionView>(board, `/api/promotions/${mesh.beta}-1`);
  const first = view.promotion;
  const names = (found: CompareView) => found.diff.resources.map(({ name, change }) => `${change} ${name}`);
  expect(names(await compare(first.digest ?? '', mesh.beta))).toEqual(['added extra']);
  expect(names(await compare(mesh.beta, first.digest?.slice(0, 12) ?? ''))).toEqual(['removed extra']);
  expect(names(await compare(`${first.revision}@${mesh.beta}`, mesh.beta))).toEqual(['added extra']);
  expect((await compare(mesh.beta, `main@${mesh.beta}`)).diff.summary).toMatch(/^no change/);
  const stray = await mesh.stray();
  for (const side of ['nonsense', stray, '--upload-pack=x', '']) {
    const { status, body } = await send(`${board.url}/api/compare?from=${mesh.beta}&to=${encodeURIComponent(side)}`);
    expect(status).toBe(400);
    expect(JSON.parse(body.toString('utf8')).rule).toMatch(/^board-(no-such-side|bad-request)$/);
  }
});

test('the fleet and a service: from the store, and from control planes, which may go away', async () => {
  const { live } = await shared.store.read.stage(mesh.beta);
  const at = shared.clock.nowEpochMs();
  const node = (nodeId: string, state: 'applied' | 'refused') => ({
    nodeId,
    envoyVersion: '1.40.0',
    servedDigest: live?.digest as Digest,
    state,
    nacks: state === 'applied' ? [] : [{ typeUrl: CDS, resourceNames: ['app'], errorDetail: '<b>\0no' }],
    connectedSinceEpochMs: at - 5_000,
    stateSinceEpochMs: at - 1_000,
    seenEpochMs: at,
  });
  await storeFleetSink(shared.store)({
    id: 'plane-1',
    stage: mesh.beta,
    servedDigest: live?.digest,
    problem: undefined,
    stateSinceEpochMs: at,
    atEpochMs: at,
    nodes: [node('edge-1', 'applied'), node('edge-2', 'refused')],
    forgotten: [],
    traffic: [],
    findings: [STALE],
  } as Parameters<ReturnType<typeof storeFleetSink>>[0]);
  const plane = createServer((request, response) => {
    const type = { state: 'nacked', reason: 'no such type' };
    const fleet = {
      stage: mesh.beta,
      nodes: [
        { node: 'edge-1', connected: true, types: { CDS: { state: 'acked' }, LDS: { state: 'acked' } } },
        { node: 'edge-2', connected: true, types: { CDS: type } },
      ],
    };
    const clusters = [
      { cluster: 'app', from: 'config', hosts: [{ address: '10.9.9.9:1', priority: 0, health: 'HEALTHY' }] },
    ];
    response.end(JSON.stringify(request.url?.startsWith('/fleet') ? fleet : { clusters }));
  });
  await new Promise<void>((resolve) => plane.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(plane.address() as AddressInfo).port}`;
  await using own = await boardOf(shared, mesh, dist, { places: [{ stage: mesh.beta, url, token: undefined }] });

  const payload = await get<FleetPayload>(own, '/api/fleet');
  const rows = fleetRows(payload);
  expect(rows.map(({ node: name, state, types }) => [name, state, types])).toEqual([
    ['edge-1', 'applied', { CDS: { state: 'acked' }, LDS: { state: 'acked' } }],
    ['edge-2', 'refused', { CDS: { state: 'nacked', reason: 'no such type' }, LDS: { state: 'acked' } }],
  ]);
  expect(rows[1]?.refused).toEqual([{ type: 'CDS', resources: ['app'], reason: '<b>\ufffdno' }]);
  expect(fleetRows(await get(own, '/api/fleet?state=refused')).map(({ node: name }) => name)).toEqual(['edge-2']);
  const service = await get<ServiceView>(own, `/api/mesh/${mesh.beta}/services/app`);
  expect(service).toMatchObject({ hostsFrom: 'control-plane', hosts: [{ address: '10.9.9.9:1' }], stale: [] });
  expect(service.envoys).toEqual([{ version: '1.40.0', connected: 2, applied: 1 }]);
  expect(service.namedBy.length).toBeGreaterThan(0);
  const map = await get<MeshMapView>(own, `/api/mesh/${mesh.beta}`);
  expect(map.services.map(({ name }) => name)).toEqual(['app', 'extra']);
  const stages = await get<StagesView>(own, '/api/stages');
  expect(stages.needs.map(({ kind }) => kind)).toContain('refused');
  const { fleet } = stages.stages.find(({ name }) => name === mesh.beta) as StagesView['stages'][number];
  expect(fleet.troubles).toEqual({ findings: [{ ...STALE, stage: mesh.beta, toldBy: 1 }], more: 0 });

  plane.closeAllConnections();
  await new Promise((resolve) => plane.close(resolve));
  await vi.waitFor(
    async () => {
      const { stale, types } = await get<FleetPayload>(own, '/api/fleet');
      expect(stale).toMatchObject([{ problem: 'ECONNREFUSED', sinceEpochMs: at }]);
      expect(Object.keys(types)).toEqual(['1']);
    },
    { timeout: 10_000 },
  );
});

const CDS = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';

unchangedAnswers(() => ({ shared, mesh, dist }));

sameWords(() => ({ mesh, board }));
verificationsOnBoard(() => ({ mesh, board, hostile: HOSTILE }));

test('what is not there is 404 with a rule', async () => {
  for (const path of [
    'promotions/canary-99',
    'verifications/verify:99',
    'verifications/x',
    'mesh/nowhere',
    `mesh/${mesh.beta}/services/none`,
    'nothing',
  ]) {
    const { status, body } = await send(`${board.url}/api/${path}`);
    expect([path, status, JSON.parse(body.toString('utf8')).rule]).toEqual([path, 404, 'board-not-there']);
  }
});
