import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { FleetReport } from '../../../controlplane/fleet/fleet-report.ts';
import type { Answer } from '../../../pipeline/commands/answer.ts';
import type { Query } from '../../../pipeline/commands/command.ts';
import { lookForDrift } from '../../../pipeline/engine/look-for-drift.ts';
import { sweep } from '../../../pipeline/engine/timers.ts';
import type { PromotionId } from '../../../pipeline/ids.ts';
import { storeFleetSink } from '../../../pipeline/observe/store-fleet-sink.ts';
import { storeFleetView } from '../../../pipeline/observe/store-fleet-view.ts';
import type { Finding } from '../../../render/finding.ts';
import { type Digest, shortDigest } from '../../../render/ids.ts';
import { type SharedStore, sharedStore, type World, world } from './engine-world.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let shared: SharedStore;
beforeAll(async () => {
  shared = await sharedStore();
});
afterAll(() => shared[Symbol.asyncDispose]());

const ask = (mesh: World, query: Query): Promise<Answer> =>
  mesh.pipeline.ask(query, { via: 'cli', identity: 'unix:ada' });
const rowsOf = ({ blocks }: Answer): readonly (readonly string[])[] =>
  blocks.flatMap((block) => (block.kind === 'table' ? block.rows : []));
const linesOf = ({ blocks }: Answer): readonly string[] =>
  blocks.flatMap((block) => (block.kind === 'lines' ? block.lines : []));
const promote = async (mesh: World, stage = mesh.beta): Promise<PromotionId> =>
  (await mesh.as('ada')({ kind: 'promote', stage, revision: undefined, reason: 'a reason' })).promotion as PromotionId;
const changed = (mesh: World, seconds: number, message?: string) =>
  mesh.commit({ 'runtime.yaml': `- name: limits\n  layer: { request_timeout: ${seconds} }\n` }, 'dan', message);

test('status, why and history say what is live, what is on its way, who can move it and how it ended', async () => {
  await using mesh = await world(shared);
  const first = await promote(mesh);
  await mesh.settle();
  const second = await promote(mesh, mesh.canary);
  await mesh.settle();
  await mesh.as('cyd')({ kind: 'freeze', stage: mesh.canary, reason: 'the sale' });
  const { live } = await mesh.store.read.stage(mesh.beta);
  const status = rowsOf(await ask(mesh, { kind: 'status' }));
  expect(status.map(([stage]) => stage)).toEqual(['stage', mesh.beta, mesh.canary]);
  expect(status[1]?.[1]).toContain(`${live && shortDigest(live.digest)}`);
  expect(status[2]?.slice(3)).toEqual([`${second} waits at its gates, verdict pass`, 'frozen by cyd: the sale']);
  const why = linesOf(await ask(mesh, { kind: 'why', promotion: second })).join('\n');
  expect(why).toContain('asked for by ada');
  expect(why).toContain('moved on by: managers');
  expect(why).toMatch(/it expires$/m);
  expect(why).toContain(`approve ${second}`);
  expect((await ask(mesh, { kind: 'why', promotion: 'canary-0' as PromotionId })).findings).toMatchObject([
    { rule: 'unknown-promotion' },
  ]);
  await mesh.as('ada')({ kind: 'cancel', promotion: second, reason: 'not today' });
  const history = rowsOf(await ask(mesh, { kind: 'history', stage: mesh.canary }));
  expect(history.slice(1).map(([id, , by, , , it]) => [id, by, it])).toEqual([
    [second, 'ada', 'was cancelled: not today'],
  ]);
  expect(rowsOf(await ask(mesh, { kind: 'history', stage: mesh.beta }))[1]?.[0]).toBe(first);
});

test('plan says what would change, who wrote it (co-authors too) and what would be refused, and stores nothing', async () => {
  await using mesh = await world(shared);
  await promote(mesh);
  await mesh.settle();
  await changed(mesh, 2, 'slower\n\nCo-authored-by: Fay Lin <FAY@mesh.example>');
  const before = (await mesh.store.read.audit(1, 10_000)).length;
  const plan = await ask(mesh, { kind: 'plan', stage: mesh.beta, revision: undefined });
  expect(linesOf(plan).join('\n')).toMatch(
    /written by dan <dan@mesh.example>, Fay Lin <fay@mesh.example>\n.*runtime.yaml/,
  );
  expect(JSON.stringify(plan.blocks)).toContain('+ runtime limits');
  await mesh.tamper(mesh.beta);
  const drifted = await ask(mesh, { kind: 'plan', stage: mesh.beta, revision: undefined });
  expect(drifted.title).toContain('would be rejected');
  expect(JSON.stringify(drifted.blocks)).toContain('target-not-as-promoted');
  expect((await mesh.store.read.audit(1, 10_000)).length).toBe(before);
});

test('a co-author does not approve', async () => {
  await using mesh = await world(shared);
  await changed(mesh, 2, 'slower\n\nCo-authored-by: Bo <bo@mesh.example>');
  await promote(mesh);
  await mesh.settle();
  const id = await promote(mesh, mesh.canary);
  await mesh.settle();
  const approve = { kind: 'approve', promotion: id, binding: undefined, reason: '' } as const;
  expect(await mesh.as('bo')(approve)).toMatchObject({ findings: [{ rule: 'approve-own-change' }] });
  expect(await mesh.as('cyd')(approve)).toMatchObject({ kind: 'done' });
});

test('drift is found once, shown, and gone when it is put right', async () => {
  let drift: { kind: 'delivered'; saw: string; want: undefined; targetVersion: undefined } | undefined;
  await using mesh = await world(shared, { wrap: (ports) => ({ ...ports, findDrift: async () => drift }) });
  await promote(mesh);
  await mesh.settle();
  const look = () => lookForDrift(mesh.beta, mesh.ports, new AbortController().signal);
  await look();
  expect((await mesh.store.read.stage(mesh.beta)).drift).toBeUndefined();
  drift = { kind: 'delivered', saw: 'something else', want: undefined, targetVersion: undefined };
  await look();
  await look();
  const facts = (await mesh.store.read.audit(1, 10_000)).flatMap(({ subject }) =>
    subject.kind === 'stage' && subject.stage === mesh.beta ? [subject.event.kind] : [],
  );
  expect(facts.filter((kind) => kind === 'drift-found')).toHaveLength(1);
  expect(rowsOf(await ask(mesh, { kind: 'status' }))[1]?.[4]).toBe('drift (delivered): something else');
  drift = undefined;
  await look();
  expect((await mesh.store.read.stage(mesh.beta)).drift).toBeUndefined();
});

test('status says what control planes find, each thing once, why one serves something else, and what Envoys refuse', async () => {
  await using mesh = await world(shared, {
    wrap: (ports) => ({ ...ports, fleet: storeFleetView(shared.store, shared.clock.nowEpochMs) }),
  });
  const now = shared.clock.nowEpochMs();
  const finding = (rule: string, severity: 'error' | 'warning', saw: string): Finding => {
    const at = { file: 'clusters/app.yaml', line: 1, column: 1 };
    return { rule, severity, at, saw, want: 'an answer', resource: 'cluster app' };
  };
  const report = (id: string, given: Partial<FleetReport>): FleetReport => ({
    id,
    stage: mesh.canary,
    servedDigest: undefined,
    problem: undefined,
    stateSinceEpochMs: now,
    atEpochMs: now,
    nodes: [],
    forgotten: [],
    traffic: [],
    ...given,
  });
  const stale = (seconds: number) =>
    finding('discovery-stale', 'warning', `consul app fails since 2026-11-22 20:30:0${seconds} UTC: ECONNREFUSED`);
  const nacks = [
    { typeUrl: 'type.googleapis.com/envoy.Cluster', resourceNames: ['app'], errorDetail: 'app: bad port' },
  ];
  const sink = storeFleetSink(shared.store);
  const many = Array.from({ length: 25 }, (_, at) => finding('discovery-empty', 'warning', `no hosts from ${at}`));
  const expired = finding('discovery-expired', 'error', 'dns app fails');
  await sink(report(`${mesh.canary}-1`, { findings: [stale(1), ...many, expired] }));
  await sink(
    report(`${mesh.canary}-2`, {
      problem: 'the target cannot be read',
      findings: [stale(4)],
      nodes: [
        {
          nodeId: 'edge-1',
          envoyVersion: '1.40.0',
          servedDigest: 'd'.repeat(64) as Digest,
          state: 'refused',
          nacks,
          connectedSinceEpochMs: now,
          stateSinceEpochMs: now,
          seenEpochMs: now,
        },
      ],
    }),
  );
  const { blocks } = await ask(mesh, { kind: 'status' });
  const lines = blocks.flatMap((block) => (block.kind === 'text' ? block.text.split('\n') : []));
  expect(lines[0]).toBe(`${mesh.canary}: control plane ${mesh.canary}-2: the target cannot be read`);
  expect(lines[1]).toBe(
    `clusters/app.yaml:1:1 discovery-expired (${mesh.canary}; cluster app): saw dns app fails; want an answer (1 of 2 control planes)`,
  );
  expect(lines.filter((line) => line.includes('discovery-stale'))).toEqual([
    expect.stringMatching(/20:30:0. UTC: ECONNREFUSED; want an answer \(2 of 2 control planes\)$/),
  ]);
  expect(lines.filter((line) => line.includes('discovery-empty'))).toHaveLength(18);
  expect(lines).toContain(`${mesh.canary}: 7 findings more: mesh fleet hosts, mesh fleet ramp, mesh fleet generators`);
  expect(lines.at(-1)).toMatch(/fleet-nack .*edge-1 refused Cluster \(app\): app: bad port/);
});

test('what a commit renders to is adopted by a promotion that is proved; what none does is not', async () => {
  await using mesh = await world(shared);
  await promote(mesh);
  await mesh.settle();
  const first = await (await mesh.target(mesh.beta)).read();
  await changed(mesh, 2);
  await promote(mesh);
  await mesh.settle();
  // Somebody puts the first delivery back by hand.
  await using target = await mesh.target(mesh.beta);
  const held = await target.read();
  if (first.kind !== 'delivery') throw new Error('nothing was delivered');
  const manifest = { ...first.delivery.manifest, promotion: 'by-hand-1' as PromotionId };
  await target.push({ ...first.delivery, manifest }, held.version);
  mesh.proved.length = 0;
  const adopt = { kind: 'adopt', stage: mesh.beta, reason: '' } as const;
  const answer = await mesh.as('ada')(adopt);
  expect(answer).toMatchObject({ kind: 'done', promotion: `${mesh.beta}-3` });
  await mesh.settle();
  expect(await mesh.standing(`${mesh.beta}-3`)).toBe('promoted');
  expect(mesh.proved).toHaveLength(2);
  const { live } = await mesh.store.read.stage(mesh.beta);
  expect(live?.digest).toBe(first.delivery.snapshot.digest);
  await mesh.tamper(mesh.beta);
  expect(await mesh.as('ada')(adopt)).toMatchObject({ kind: 'refused', findings: [{ rule: 'nothing-adoptable' }] });
});

test('stop does not catch what is being pushed, but what comes after; resume lets it go', async () => {
  await using mesh = await world(shared);
  mesh.away = 'push';
  const pushing = await promote(mesh);
  await mesh.settle();
  expect((await mesh.promotion(pushing)).state.kind).toBe('pushing');
  await mesh.as('ada')({ kind: 'stop', reason: 'fire' });
  mesh.away = undefined;
  await mesh.settle(60_000);
  expect(await mesh.standing(pushing)).toBe('promoted');
  await changed(mesh, 2);
  const next = await promote(mesh);
  await mesh.settle(60_000);
  expect((await mesh.promotion(next)).state.kind).toBe('gating');
  expect(mesh.pushes).toEqual([`${pushing} forward`]);
  await mesh.as('bo')({ kind: 'resume', reason: 'out' });
  await mesh.settle(10 * 60_000);
  expect(await mesh.standing(next)).toBe('promoted');
});

test('a second requester replaces the one who waits, and is told so', async () => {
  await using mesh = await world(shared);
  await promote(mesh);
  await mesh.settle();
  const first = await promote(mesh, mesh.canary);
  await mesh.settle();
  await changed(mesh, 2);
  const answer = await mesh.as('bo')({ kind: 'promote', stage: mesh.canary, revision: 'main', reason: '' });
  expect(linesOf(answer).join('\n')).toContain(first);
  await mesh.settle();
  expect((await mesh.promotion(first)).state).toMatchObject({ kind: 'superseded', by: answer.promotion });
  const approve = { kind: 'approve', promotion: first, binding: undefined, reason: '' } as const;
  expect(await mesh.as('cyd')(approve)).toMatchObject({ kind: 'refused', findings: [{ rule: 'not-now' }] });
});

test('one that waits is looked at as soon as the stage before moved on, not when it is looked at next', async () => {
  await using mesh = await world(shared);
  await promote(mesh);
  await mesh.settle();
  const first = await promote(mesh, mesh.canary);
  await mesh.settle();
  await changed(mesh, 2);
  await promote(mesh);
  await mesh.settle();
  expect(await mesh.standing(first)).toMatch(/^rejected: closed: order: .*order-moved-on/);
});

test('the sweep finds what no job moves on any more, and only that', async () => {
  await using mesh = await world(shared);
  const id = await promote(mesh);
  mesh.jobs.length = 0;
  const ours = async () => (await sweep(mesh.ports)).filter((each) => each === id);
  expect(await ours()).toEqual([id]);
  await mesh.settle();
  expect(await mesh.standing(id)).toBe('promoted');
  expect(await ours()).toEqual([]);
  const waiting = await promote(mesh, mesh.canary);
  await mesh.settle();
  expect(await sweep(mesh.ports)).not.toContain(waiting);
  mesh.nowEpochMs += 10 * 60_000;
  expect(await sweep(mesh.ports)).toContain(waiting);
});
