import { describe, expect, test } from 'vitest';
import { unknownFieldFindings } from '../../../conformance/cell/counter-findings.ts';
import { deprecationFindings } from '../../../conformance/cell/deprecation-findings.ts';
import { endedFromOutside } from '../../../conformance/cell/envoy-end.ts';
import { heldDifferences } from '../../../conformance/cell/held-differences.ts';
import { nackFindings } from '../../../conformance/cell/nack-findings.ts';
import { unansweredFindings, warmingFindings } from '../../../conformance/cell/warming-findings.ts';
import { placeOf as containerPlace } from '../../../render/places.ts';
import { typeUrlOf } from '../../../render/resource.ts';
import { packSnapshot, unpackSnapshot } from '../../../render/snapshot-transfer.ts';
import { NEWEST, OLDEST, placeOf } from './cell-fixture.ts';
import { lineOf, placedSnapshot, type Texts } from './placed-snapshot.ts';
import { cluster, listener, SMALL } from './small-mesh.ts';

const texts: Texts = {
  ...SMALL,
  cluster: cluster('app') + cluster('app-2') + cluster('manager'),
  listener: SMALL.listener + listener('side', 'web', { port: 10_001 }),
};
const snapshot = placedSnapshot(texts);
const nack = (kind: 'cluster' | 'listener' | 'route', errorDetail: string) => {
  const resourceNames = snapshot.resources.filter((resource) => resource.kind === kind).map(({ name }) => name);
  return nackFindings(snapshot, { typeUrl: typeUrlOf(kind), resourceNames, errorDetail }, NEWEST);
};

describe('NACKs, as Envoys 1.36 to 1.40 word them', () => {
  test('clusters are told apart at their names, whatever the words in between hold', () => {
    const found = nack(
      'cluster',
      "Error adding/updating cluster(s) app: cluster manager: no app-2 here., app-2: field 'x' is odd",
    );
    expect(found.map(({ resource, saw }) => [resource, saw])).toEqual([
      ['cluster app', 'app: cluster manager: no app-2 here.'],
      ['cluster app-2', "app-2: field 'x' is odd"],
    ]);
    expect(found.map(placeOf)).toEqual([
      lineOf(texts, 'cluster', 'name: app\n'),
      lineOf(texts, 'cluster', 'name: app-2'),
    ]);
  });
  test('listeners stand on lines of their own', () => {
    const found = nack('listener', 'Error adding/updating listener(s) edge: no\nside: neither\n');
    expect(found.map(({ resource, saw }) => [resource, saw])).toEqual([
      ['listener edge', 'edge: no'],
      ['listener side', 'side: neither'],
    ]);
  });
  test('words without a name are about the only resource of the answer, and about no certain one of several', () => {
    expect(nack('route', 'Proto constraint validation failed')).toMatchObject([{ resource: 'route web' }]);
    const [finding] = nack('listener', 'something else');
    expect(finding?.resource).toBeUndefined();
    expect(finding?.at.file).toBe('listeners.yaml');
  });
});

test.each([
  [{ signal: 'SIGKILL' }, true],
  [{ signal: 'SIGTERM' }, true],
  [{ exitCode: 0 }, true],
  [{ exitCode: 137 }, true],
  [{ signal: 'SIGSEGV' }, false],
  [{ signal: 'SIGABRT' }, false],
  [{ exitCode: 1 }, false],
  [{ exitCode: 139 }, false],
] as const)('%o ended from outside: %s', (end, outside) => {
  expect(endedFromOutside({ exitCode: undefined, signal: undefined, ...end })).toBe(outside);
});

describe('what nobody served', () => {
  const stats = (more: Record<string, number>) => unansweredFindings(snapshot, new Map(Object.entries(more)), NEWEST);
  test('a subscription that timed out and got nothing since names who asked', () => {
    const found = stats({
      'cluster.app-2.init_fetch_timeout': 1,
      'http.edge.rds.web.init_fetch_timeout': 1,
      'sds.tls.init_fetch_timeout': 1,
    });
    expect(found.map(({ rule, resource }) => `${rule}: ${resource}`)).toEqual([
      'not-warmed: cluster app-2',
      'not-warmed: listener edge',
      'not-warmed: sds.tls',
    ]);
  });
  test('one that timed out and was answered late is well, and so is one that never timed out', () => {
    expect(
      stats({
        'cluster.app.init_fetch_timeout': 1,
        'cluster.app.update_success': 1,
        'cluster.app-2.init_fetch_timeout': 0,
      }),
    ).toEqual([]);
  });
  test('what still warms stands where it is written', () => {
    expect(
      warmingFindings(snapshot, ['listener side', 'secret gone'], NEWEST).map((finding) => [
        finding.resource,
        placeOf(finding),
      ]),
    ).toEqual([
      ['listener side', lineOf(texts, 'listener', 'name: side')],
      ['secret gone', 'clusters.yaml:2'],
    ]);
  });
});

describe('counters and logs', () => {
  const unknown = (count: number, log: string) =>
    unknownFieldFindings({ snapshot, envoy: OLDEST, stats: new Map([['server.dynamic_unknown_fields', count]]), log });
  test('no field was dropped', () => expect(unknown(0, '')).toEqual([]));
  test('a dropped field that no API here places is told with what the log says of it', () => {
    const log = 'Unknown field: type envoy.config.endpoint.v3.Endpoint(a::b) with unknown field set {5, 99}';
    expect(unknown(2, log)).toMatchObject([
      {
        rule: 'field-dropped',
        saw: expect.stringMatching(/2 fields .*Endpoint\.observability_name, .*Endpoint\.field 99/),
      },
    ]);
  });
  test('a deprecated value of an enum, and an option that nobody seems to use', () => {
    const log = [
      "[w] Deprecated field: type a.B Using the default now-deprecated value OLD for enum 'a.B.c' from file b.proto. This …",
      "[w] Deprecated field: type a.B Using deprecated option 'a.B.d' from file b.proto. This …",
      "[w] Deprecated field: type a.B Using deprecated option 'a.B.d' from file b.proto. This …",
    ].join('\n');
    expect(deprecationFindings(snapshot, NEWEST, log).map(({ rule, severity, saw }) => [rule, severity, saw])).toEqual([
      ['deprecated-in-use', 'warning', "Using the default now-deprecated value OLD for enum 'a.B.c' from file b.proto"],
      ['deprecated-in-use', 'warning', "Using deprecated option 'a.B.d' from file b.proto"],
    ]);
  });
});

test('differences between what was sent and what is held: dropped, changed, added; hidden secrets are none', () => {
  const sent = { a: 1, b: [{ c: 'x' }, { d: true }], key: 'secret' };
  expect(heldDifferences(sent, { ...sent, key: '[redacted]' })).toEqual([]);
  expect(
    heldDifferences(sent, { a: 2, b: [{ c: 'x' }], key: 'secret', z: 0 }).map(
      ({ kind, path }) => `${kind} ${path.join('.')}`,
    ),
  ).toEqual(['changed a', 'dropped b.1', 'added z']);
});

test('a snapshot that went to another process has the same digest, content and places', () => {
  const bootstrap = { staticResources: {} };
  const there = unpackSnapshot(structuredClone(packSnapshot(placedSnapshot(texts, bootstrap))));
  const here = placedSnapshot(texts, bootstrap);
  expect(there).toEqual(here);
  const places = (value: unknown): unknown[] =>
    typeof value === 'object' && value !== null ? [containerPlace(value), ...Object.values(value).flatMap(places)] : [];
  for (const [index, { body }] of here.resources.entries()) {
    const moved = places(there.resources[index]?.body);
    expect(moved).toEqual(places(body));
    expect(moved.filter(Boolean).length).toBeGreaterThan(0);
  }
  const finding = nackFindings(
    there,
    { typeUrl: typeUrlOf('cluster'), resourceNames: ['app-2'], errorDetail: 'app-2: no' },
    NEWEST,
  );
  expect(finding.map(placeOf)).toEqual([lineOf(texts, 'cluster', 'name: app-2')]);
});
