import { describe, expect, test } from 'vitest';
import { parseChecks } from '../../../../conformance/checks/declared/parse-checks.ts';
import type { StageName } from '../../../../render/ids.ts';
import type { JsonObject } from '../../../../render/json.ts';
import { readPlacedYaml } from '../../../../render/load/yaml/read-placed-yaml.ts';
import type { Resource, ResourceKind } from '../../../../render/resource.ts';
import { makeSnapshot } from '../../../../render/snapshot.ts';
import { formatLocation } from '../../../../render/source-location.ts';

const at = { file: 'x.yaml', line: 1, column: 1 };
const resource = (kind: ResourceKind, name: string, body: JsonObject = {}): Resource => ({
  kind,
  name,
  body: { name, ...body },
  at,
});
const endpoints = [
  { lbEndpoints: [{ endpoint: { address: { socketAddress: { address: '10.0.0.7', portValue: 8080 } } } }] },
];
const snapshot = makeSnapshot('canary' as StageName, [
  resource('listener', 'edge'),
  resource('listener', 'to-payments'),
  resource('cluster', 'payments', {
    healthChecks: [{ timeout: '1s' }],
    loadAssignment: { clusterName: 'payments', endpoints },
  }),
  resource('cluster', 'payments-next', { edsClusterConfig: { serviceName: 'next' } }),
  resource('endpoint', 'next', { endpoints }),
]);
const known = { snapshot, stages: ['beta', 'canary'] };

function parse(yaml: string) {
  const { documents, findings } = readPlacedYaml('checks/a.yaml', yaml);
  expect(findings).toEqual([]);
  return parseChecks('checks/a.yaml', documents, known);
}
const problems = (yaml: string): string[] =>
  parse(yaml).findings.map(({ rule, at: place, saw, want }) => `${formatLocation(place)} ${rule}: ${saw} / ${want}`);

describe('what a check says', () => {
  test('one mapping, a list and several documents are the same', () => {
    const one = (name: string): string => `{ name: ${name}, listener: edge, expect: { status: 200 } }`;
    expect(parse(one('a')).checks.map(({ name }) => name)).toEqual(['a']);
    expect(parse(`- ${one('a')}\n- ${one('b')}\n`).checks.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(parse(`${one('a')}\n---\n- ${one('b')}\n---\n`).checks.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('everything written arrives in the check', () => {
    const { checks, findings } = parse(`
name: all of it
listener: edge
stages: canary
envoy: '>=1.38'
method: PUT
host: shop.example.com:8443
path: /a?b=c
headers: { X-User: alice, x-count: 3 }
body: hello
protocol: h2
tls: { clientCertificate: true }
timeout: 1.5s
repeat: 4
concurrency: 9
upstream:
  payments:
    - { host: '10.0.0.7:8080', maintenance: true }
    - { failFirst: 2, failStatus: 500, delay: 250ms, reset: mid-body }
expect:
  status: [200, 4xx, 500-503]
  headers: { Location: { regex: '/x/.*' }, x-a: { present: false }, x-b: { contains: z } }
  body: { present: true }
  cluster: [payments, payments-next]
  attempts: { min: 2 }
  mirroredTo: { payments-next: 100 }
  upstream: { path: /y, host: h, headers: { X-Up: '1' } }
  latency: { min: 100ms, p99: 2s }
  stats: { cluster.payments.upstream_rq_retry: '+2', a.b: '=1..', c.d: '+..3', e.f: '=1..4' }
  accessLog: { file: /dev/stdout, fields: { status: 200 } }
`);
    expect(findings).toEqual([]);
    expect(checks).toEqual([
      {
        kind: 'request',
        name: 'all of it',
        origin: 'declared',
        at: { file: 'checks/a.yaml', line: 2, column: 1 },
        stages: ['canary'],
        envoy: '>=1.38',
        request: {
          listener: 'edge',
          method: 'PUT',
          authority: 'shop.example.com:8443',
          path: '/a?b=c',
          headers: { 'x-user': 'alice', 'x-count': '3' },
          body: 'hello',
          protocol: 'h2',
          tls: { serverName: 'shop.example.com', clientCertificate: true },
          timeoutMs: 1500,
        },
        repeat: 4,
        concurrency: 4,
        arrangements: [
          {
            hosts: { cluster: 'payments', address: '10.0.0.7', port: 8080 },
            behaviour: { status: 503, grpcStatus: 14 },
            health: 'maintenance',
          },
          {
            hosts: { cluster: 'payments' },
            behaviour: { failFirst: 2, failStatus: 500, delayMs: 250, reset: 'mid-body' },
          },
        ],
        expect: {
          status: [
            { from: 200, to: 200 },
            { from: 400, to: 499 },
            { from: 500, to: 503 },
          ],
          headers: {
            location: { kind: 'regex', pattern: '/x/.*' },
            'x-a': { kind: 'absent' },
            'x-b': { kind: 'contains', text: 'z' },
          },
          body: { kind: 'present' },
          answeredBy: ['payments', 'payments-next'],
          attempts: { min: 2, max: Number.MAX_SAFE_INTEGER },
          mirrorShares: { 'payments-next': 100 },
          upstream: {
            headers: { 'x-up': { kind: 'exact', value: '1' } },
            path: { kind: 'exact', value: '/y' },
            authority: { kind: 'exact', value: 'h' },
          },
          latencyMs: { min: 100, p99: 2000 },
          stats: [
            { name: 'cluster.payments.upstream_rq_retry', delta: { min: 2, max: 2 } },
            { name: 'a.b', value: { min: 1 } },
            { name: 'c.d', delta: { max: 3 } },
            { name: 'e.f', value: { min: 1, max: 4 } },
          ],
          accessLog: { path: '/dev/stdout', fields: { status: { kind: 'exact', value: '200' } } },
        },
        places: expect.objectContaining({
          status: { file: 'checks/a.yaml', line: 21, column: 11 },
          'latency.p99': { file: 'checks/a.yaml', line: 28, column: 31 },
          'stats.a.b': expect.objectContaining({ line: 29 }),
        }),
      },
    ]);
  });

  test('a gRPC call derives its path, method and protocol', () => {
    const { checks } = parse(
      '{ name: a, listener: edge, grpc: { service: s.T, method: M, message: CgFh }, expect: { grpcStatus: NOT_FOUND } }',
    );
    expect(checks[0]?.request).toMatchObject({
      method: 'POST',
      path: '/s.T/M',
      protocol: 'h2',
      grpc: { message: Buffer.from('\n\x01a') },
    });
    expect(checks[0]?.expect.grpcStatus).toBe(5);
  });
});

const CHECK = 'name: a\nlistener: edge\nexpect: { status: 200 }\n';
/** What is written, and everything that must be said of it, with its place. */
const FAULTS: readonly (readonly [name: string, yaml: string, ...said: string[]])[] = [
  ['no check at all', 'hello', '1:1 check-syntax: "hello" / a check (a mapping), or a list of checks'],
  ['an item that is no mapping', `- 3`, '1:3 check-syntax: the check: 3 / a mapping that describes one check'],
  ['an unknown key', `${CHECK}repaet: 3`, '4:1 check-syntax: the unknown key "repaet" / repeat (did you mean that?)'],
  [
    'an unknown key deep inside',
    'name: a\nlistener: edge\nupstream: { payments: { failfirst: 1 } }\nexpect: { status: 200 }',
    '3:25 check-syntax: the unknown key "failfirst" / failFirst (did you mean that?)',
  ],
  ['something missing', 'name: a\nexpect: { status: 200 }', '1:1 check-syntax: no listener / the name of a listener'],
  ['no expectation', 'name: a\nlistener: edge\nexpect: {}', '3:9 check-syntax: expect: {} / at least one expectation'],
  [
    'several at once',
    'name: 3\nlistener: edge\nrepeat: 0\nexpect: { status: 999 }',
    '1:7 check-syntax: name: 3',
    '3:9 check-syntax: repeat: 0 / a whole number from 1 to 100000',
    '4:19 check-syntax: expect.status: 999 / a whole number from 100 to 599',
  ],
  [
    'an unlikely status',
    'name: a\nlistener: edge\nexpect: { status: [200, 2xy] }',
    '3:25 check-syntax: expect.status.1: "2xy" / a status such as 200, 2xx',
  ],
  ['a duration without a unit', `${CHECK}timeout: 5`, '4:10 check-syntax: timeout: 5 / a duration such as'],
  [
    'a growth that YAML read as a number',
    'name: a\nlistener: edge\nexpect: { stats: { x.y: +2 } }',
    '3:25 check-syntax: expect.stats.x.y: 2 / a text in quotes: "+2"',
  ],
  [
    'two kinds of match',
    'name: a\nlistener: edge\nexpect: { body: { regex: a, contains: b } }',
    '3:17 check-syntax: expect.body: {"regex":"a","contains":"b"} / exactly one of',
  ],
  [
    'a regular expression that is none',
    'name: a\nlistener: edge\nexpect: { body: { regex: "(" } }',
    '3:26 check-syntax: "(" / a JavaScript regular expression',
  ],
  ['a path without its slash', `${CHECK}path: x`, '4:7 check-syntax: path: "x" / a path that begins with /'],
  ['a pseudo-header', `${CHECK}headers: { ":path": /x }`, '4:12 check-syntax: the header name ":path"'],
  [
    'the host as a header',
    `${CHECK}headers: { Host: x }`,
    '4:12 check-contradiction: the header Host / host: beside headers',
  ],
  [
    'a listener that is not there',
    'name: a\nlistener: edgee\nexpect: { status: 200 }',
    '2:11 check-unknown-name: the listener "edgee" / a listener of the snapshot; did you mean edge?',
  ],
  [
    'clusters that are not there',
    'name: a\nlistener: edge\nupstream: { paymnts: { status: 500 } }\nexpect: { cluster: [payments, x1] }',
    '3:13 check-unknown-name: the cluster "paymnts"',
    '4:31 check-unknown-name: the cluster "x1"',
  ],
  [
    'a stage that is not there',
    `${CHECK}stages: [canary, betta]`,
    '4:18 check-unknown-name: the stage "betta" / a stage of mesh.yaml; did you mean beta?',
  ],
  [
    'a host that is not there',
    'name: a\nlistener: edge\nupstream: { payments-next: { host: "10.0.0.8:8080", status: 500 } }\nexpect: { status: 200 }',
    '3:36 check-unknown-name: the host 10.0.0.8:8080',
  ],
  ['a range that is none', `${CHECK}envoy: newest`, '4:8 check-envoy-range: "newest" / a semver range'],
  [
    'failing health checks where there are none',
    'name: a\nlistener: edge\nupstream: { payments-next: { health: failing } }\nexpect: { status: 200 }',
    '3:38 check-health-unchecked',
  ],
  [
    'hosts that are told nothing',
    'name: a\nlistener: edge\nupstream: { payments: {} }\nexpect: { status: 200 }',
    '3:23 check-syntax: hosts that are told nothing',
  ],
  [
    'a gRPC call with a path',
    'name: a\nlistener: edge\ngrpc: { service: s, method: m }\npath: /x\nexpect: { grpcStatus: 0 }',
    '4:7 check-contradiction: path in a gRPC call',
  ],
  [
    'a gRPC status without a call',
    'name: a\nlistener: edge\nexpect: { grpcStatus: 0 }',
    '3:23 check-contradiction: a gRPC status of a request',
  ],
  [
    'shares that do not sum to 100',
    'name: a\nlistener: edge\nrepeat: 9000\nexpect: { shares: { payments: 90, payments-next: 5 } }',
    '4:19 check-contradiction: percentages that sum to 95 / 100',
  ],
  [
    'too few requests for the shares',
    'name: a\nlistener: edge\nrepeat: 100\nexpect: { shares: { payments: 90, payments-next: 10 } }',
    '3:9 check-repeat-too-small: repeat 100, which cannot tell',
  ],
];

describe('what is wrong with a check', () => {
  test.each(FAULTS)('%s', (_name, yaml, ...said) => {
    const found = problems(yaml);
    expect(found).toHaveLength(said.length);
    for (const [index, text] of said.entries()) expect(found[index]).toContain(`checks/a.yaml:${text}`);
    expect(parse(yaml).checks).toEqual([]);
  });

  test('one bad check does not hide the others', () => {
    const { checks, findings } = parse(
      `- { name: a, listener: edge, expect: { status: 1 } }\n- { name: b, listener: edge, expect: { status: 200 } }\n`,
    );
    expect(checks.map(({ name }) => name)).toEqual(['b']);
    expect(findings).toHaveLength(1);
  });

  test('names are not held against a snapshot of another stage', () => {
    expect(problems('{ name: a, listener: only-in-beta, stages: beta, expect: { cluster: whatever } }')).toEqual([]);
  });
});
