import { describe, expect, test } from 'vitest';
import type { FleetView } from '../../../pipeline/observe/fleet-view.ts';
import type { Observation } from '../../../pipeline/observe/observation.ts';
import { observe } from '../../../pipeline/observe/observe.ts';
import type { PrometheusAnswer } from '../../../pipeline/observe/prometheus.ts';
import type { ObserveSettings } from '../../../render/config/observe-settings.ts';
import { BASE, controlPlane, DIGEST, fakeFleet, node, PUSH, SETTINGS, STAGE, sample, samples } from './fake-fleet.ts';

const CHECK = { name: 'errors', url: 'http://metrics.test', query: 'errors', want: { op: '<', value: 1 } } as const;
/** The last node took it 1 s after the push, it is watched for 60 s, and 11 s later everything is in the store. */
const END_MS = 1_000 + 60_000 + 11_000;

const look = (
  fleet: FleetView,
  afterMs: number,
  more: {
    readonly settings?: Partial<ObserveSettings>;
    readonly first?: boolean;
    readonly answer?: (atEpochMs: number) => PrometheusAnswer;
  } = {},
): Promise<Observation> =>
  observe({
    stage: STAGE,
    digest: DIGEST,
    baseDigest: more.first ? undefined : BASE,
    pushedAtEpochMs: PUSH,
    nowEpochMs: PUSH + afterMs,
    settings: { ...SETTINGS, ...more.settings },
    fleet,
    ask: async (_, atEpochMs) => more.answer?.(atEpochMs) ?? { kind: 'holds', samples: 1 },
    signal: new AbortController().signal,
  });
const rules = (seen: Observation): readonly string[] =>
  'findings' in seen ? seen.findings.map(({ rule }) => rule) : [];
const quiet = samples(-600_000, 80_000, (from) => sample(from, 200, 1));

test('a fleet that takes it and serves as before is healthy, and not a moment sooner', async () => {
  const fleet = fakeFleet({ traffic: quiet });
  const seen = await look(fleet, END_MS - 1);
  expect(seen).toMatchObject({ kind: 'watching', againAtEpochMs: PUSH + END_MS });
  expect(seen.kind === 'watching' && seen.progress).toMatch(/^2\/2 Envoys ACKed; .* requests, 0\.50 % failed/);
  const end = await look(fleet, END_MS);
  expect(end.kind).toBe('healthy');
  expect(end.kind === 'healthy' && JSON.parse(end.document)).toMatchObject({
    acks: { applied: 2, connected: 2, tookAtEpochMs: PUSH + 1_000 },
    traffic: { requests: { after: 2_400 }, failures: { after: { hits: 12, of: 2_400 } } },
  });
});

describe('acknowledgements', () => {
  const silent = node('edge-2', { state: 'pending', envoyVersion: '1.36.4' });

  test('are waited for, and silent Envoys are named when the time is over', async () => {
    const fleet = fakeFleet({ nodes: [node('edge-1'), silent], traffic: quiet });
    expect(await look(fleet, 19_500)).toEqual({
      kind: 'watching',
      progress: '1/2 Envoys ACKed',
      againAtEpochMs: PUSH + 20_000,
    });
    const end = await look(fleet, 20_000);
    expect([end.kind, rules(end)]).toEqual(['inconclusive', ['fleet-silent']]);
    expect('findings' in end && end.findings[0]?.saw).toBe('1 of 2; silent: edge-2 (Envoy 1.36.4)');
  });

  test('of a share are enough where that is asked for', async () => {
    const fleet = fakeFleet({ nodes: [node('edge-1'), silent], traffic: quiet });
    expect((await look(fleet, END_MS, { settings: { ackShare: 0.5 } })).kind).toBe('healthy');
  });

  test('of another digest do not count', async () => {
    const other = fakeFleet({ nodes: [node('edge-1', { servedDigest: BASE })], traffic: quiet });
    expect(rules(await look(other, 20_000))).toEqual(['fleet-silent']);
  });

  test('a refusal is harm at once, and says who, what and why', async () => {
    const nacks = [
      { typeUrl: 'x/envoy.config.listener.v3.Listener', resourceNames: ['web', 'api'], errorDetail: 'api: no' },
    ];
    const refusing = node('edge-2', { state: 'refused', envoyVersion: '1.36.4', nacks });
    const seen = await look(fakeFleet({ nodes: [node('edge-1'), refusing] }), 300, { settings: { ackShare: 0.1 } });
    expect(seen).toMatchObject({
      kind: 'harm',
      findings: [{ rule: 'fleet-nack', envoy: ['1.36.4'], saw: 'edge-2 refused Listener (api): api: no' }],
    });
  });

  test('without Envoys, without control planes, or with one that serves something else, nobody can tell', async () => {
    const nobody = await look(fakeFleet({ nodes: [], controlPlanes: [] }), 20_000, {
      settings: { withoutTraffic: true },
    });
    expect([nobody.kind, rules(nobody)]).toEqual(['inconclusive', ['fleet-empty', 'fleet-unserved']]);
    const behind = fakeFleet({
      nodes: [node('edge-1', { servedDigest: BASE })],
      controlPlanes: [controlPlane({ servedDigest: BASE, problem: 'the target is gone' })],
    });
    const seen = await look(behind, 20_000);
    expect(rules(seen)).toEqual(['fleet-silent', 'fleet-unserved']);
    expect('findings' in seen && seen.findings[1]?.saw).toMatch(/serves b+: the target is gone$/);
  });

  test('Envoys that went away after the push are no ACKs', async () => {
    const gone = node('edge-2', { state: 'gone', stateSinceEpochMs: PUSH + 30_000 });
    const seen = await look(fakeFleet({ nodes: [node('edge-1'), gone], traffic: quiet }), END_MS);
    expect([seen.kind, rules(seen)]).toEqual(['inconclusive', ['fleet-left']]);
    const before = node('edge-2', { state: 'gone', stateSinceEpochMs: PUSH - 1 });
    expect((await look(fakeFleet({ nodes: [node('edge-1'), before], traffic: quiet }), END_MS)).kind).toBe('healthy');
  });
});

describe('traffic', () => {
  test('a rise of failures is harm, before the time is over if it is plain', async () => {
    const traffic = samples(-600_000, 80_000, (from) => sample(from, 200, from < PUSH ? 1 : 40));
    const seen = await look(fakeFleet({ traffic }), 30_000);
    expect([seen.kind, rules(seen)]).toEqual(['harm', ['fleet-failures']]);
  });

  test('a rise within the tolerance is none, however significant', async () => {
    const traffic = samples(-600_000, 80_000, (from) => sample(from, 100_000, from < PUSH ? 100 : 300));
    expect((await look(fakeFleet({ traffic }), END_MS)).kind).toBe('healthy');
  });

  test('a slower tail is harm', async () => {
    const traffic = samples(-600_000, 80_000, (from) => sample(from, 200, 0, from < PUSH ? 0 : 8));
    const seen = await look(fakeFleet({ traffic }), END_MS);
    expect([seen.kind, rules(seen)]).toEqual(['harm', ['fleet-slower']]);
    expect('findings' in seen && seen.findings[0]?.saw).toMatch(/99th percentile \d+ ms, before 10 ms/);
  });

  test.each([
    ['1.5s', 1_500, 'harm'],
    ['6s', 6_000, 'healthy'],
  ])(
    'a tail that grew from 10 ms to between 2 and 5 s, where %s more is tolerated',
    async (_, latencyGrowthMs, kind) => {
      const traffic = samples(-600_000, 80_000, (from) => sample(from, 200, 0, from < PUSH ? 0 : 8));
      const tolerance = { ...SETTINGS.tolerance, latencyGrowthMs };
      const seen = await look(fakeFleet({ traffic }), END_MS, { settings: { tolerance } });
      expect(seen.kind).toBe(kind);
      if (kind === 'harm')
        expect('findings' in seen && seen.findings[0]?.want).toContain(
          '1510 ms: 1.25 times that of before, or 1500 ms more',
        );
    },
  );

  test('bursts that were there before are no harm after', async () => {
    const burst = (from: number) => ((from - PUSH) % 60_000 === -20_000 || (from - PUSH) % 60_000 === 40_000 ? 60 : 0);
    const traffic = samples(-600_000, 80_000, (from) => sample(from, 200, burst(from)));
    expect((await look(fakeFleet({ traffic }), END_MS)).kind).toBe('healthy');
  });

  test('panic mode in a cluster that had none is harm at once; where it was before, it is not', async () => {
    const panic = (from: number) => ({ ...sample(from, 200), panicPicks: 3, panicClusters: ['shop'] });
    const fresh = [...samples(-600_000, 10_000, (from) => sample(from, 200)), panic(PUSH + 10_000)];
    const seen = await look(fakeFleet({ traffic: fresh }), 15_000);
    expect(seen).toMatchObject({ kind: 'harm', findings: [{ rule: 'fleet-panic', resource: 'cluster shop' }] });
    const known = samples(-600_000, 80_000, panic);
    expect((await look(fakeFleet({ traffic: known }), END_MS)).kind).toBe('healthy');
  });

  test('too little of it says nothing, unless acknowledgements alone are enough', async () => {
    const none = fakeFleet({ traffic: [] });
    const seen = await look(none, END_MS);
    expect([seen.kind, rules(seen)]).toEqual(['inconclusive', ['fleet-no-traffic']]);
    expect((await look(none, END_MS, { settings: { withoutTraffic: true } })).kind).toBe('healthy');
    const onlyAfter = fakeFleet({ traffic: quiet.filter(({ fromEpochMs }) => fromEpochMs >= PUSH) });
    expect(rules(await look(onlyAfter, END_MS))).toEqual(['fleet-no-traffic']);
  });

  test('a first push has no before: it is held to the tolerance alone', async () => {
    const servedWith = (failures: number) =>
      fakeFleet({ traffic: samples(0, 80_000, (from) => sample(from, 200, failures)) });
    expect((await look(servedWith(0), END_MS, { first: true })).kind).toBe('healthy');
    expect(rules(await look(servedWith(20), END_MS, { first: true }))).toEqual(['fleet-failures']);
  });
});

describe('Prometheus checks', () => {
  const settings = { prometheus: [CHECK] };
  const fleet = fakeFleet({ traffic: quiet });
  const violated: PrometheusAnswer = { kind: 'violated', samples: ['the value is 2'] };

  test('violated since the push: harm; violated before: people decide', async () => {
    const since = await look(fleet, 30_000, {
      settings,
      answer: (at) => (at > PUSH ? violated : { kind: 'holds', samples: 1 }),
    });
    expect(since).toMatchObject({ kind: 'harm', findings: [{ rule: 'query-violated', saw: 'the value is 2' }] });
    const before = await look(fleet, END_MS, { settings, answer: () => violated });
    expect([before.kind, rules(before)]).toEqual(['inconclusive', ['query-violated-before']]);
  });

  test.each([
    [{ kind: 'nothing', problem: 'no series matches' }, 'query-matches-nothing'],
    [{ kind: 'unanswered', problem: 'gone' }, 'query-unanswered'],
    [{ kind: 'invalid', problem: 'bad' }, 'query-invalid'],
  ] as const)('%j at the end is no pass', async (answer, rule) => {
    expect((await look(fleet, 30_000, { settings, answer: () => answer })).kind).toBe('watching');
    const end = await look(fleet, END_MS, { settings, answer: () => answer });
    expect([end.kind, rules(end)]).toEqual(['inconclusive', [rule]]);
  });

  test('the record of it holds no address, which may hold a password', async () => {
    const secret = { ...CHECK, url: 'http://user:hunter2@metrics.test' };
    const end = await look(fleet, END_MS, { settings: { prometheus: [secret] } });
    expect(JSON.stringify(end)).not.toContain('hunter2');
  });
});
