import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultMeshConfig, parseMeshConfig } from '../../../render/config/parse-mesh-config.ts';
import type { JsonObject } from '../../../render/json.ts';
import { readPlacedYaml } from '../../../render/load/yaml/read-placed-yaml.ts';
import { schemaFiles } from '../../../tools/schema-files.ts';

function parse(text: string, defaults: readonly string[] = []) {
  const { documents } = readPlacedYaml('mesh.yaml', text);
  return parseMeshConfig('/config', 'mesh.yaml', documents[0] as JsonObject, defaults);
}
const problems = (text: string, defaults?: readonly string[]): string[] =>
  parse(text, defaults).findings.map(({ rule, at, want }) => `${at.line}:${at.column} ${rule} ${want}`);

const WHOLE = `
envoy: [1.36.4, "1.40.0"]
images: {1.36.4: example/envoy:1}
guards: {default_panic_threshold_percent: 40}
access: {people: {a: {unix: [a], emails: [A@x.example]}}, groups: {release-managers: {members: [a], slack_user_group: S01}}}
owners: [{paths: ["clusters/**"], group: release-managers}]
stages:
  - name: beta
    gates: {auto: true}
    target: {kind: dir, path: out}
  - name: release
    envoy: [1.40.0]
    images: {1.40.0: other}
    node: {cluster: edge, id: "edge-.*", metadata: {role: [a, {b: 1}]}}
    guards: {rehearsal_requests_per_second: 50}
    gates:
      soak: 1h30m
      approvals: {count: 2, group: release-managers}
      freeze:
        - {start: "0 17 * * FRI", duration: 60h, time_zone: Asia/Tokyo, reason: weekend}
        - {start: "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", duration: 10d, reason: holidays}
    target: {kind: s3, bucket: b}
`;

describe('parseMeshConfig', () => {
  test('reads everything, the stage over the top', () => {
    const { config, findings } = parse(WHOLE);
    expect(findings).toEqual([]);
    expect(config).toMatchObject({
      dir: '/config',
      branch: 'main',
      remote: undefined,
      access: {
        people: [{ name: 'a', identities: ['unix:a'], emails: ['a@x.example'], at: { line: 5, column: 22 } }],
        groups: [{ name: 'release-managers', members: ['a'], slackUserGroup: 'S01' }],
      },
      owners: [{ paths: ['clusters/**'], group: 'release-managers', at: { line: 6, column: 10 } }],
      stages: [
        {
          name: 'beta',
          envoys: [{ version: '1.36.4', image: 'example/envoy:1' }, { version: '1.40.0' }],
          node: {},
          guards: { defaultPanicThresholdPercent: 40, rehearsalRequestsPerSecond: 200 },
          gates: { auto: true, soakMs: 0, approvals: undefined, freeze: [] },
          target: { kind: 'dir', path: 'out' },
          at: { file: 'mesh.yaml', line: 8, column: 5 },
        },
        {
          name: 'release',
          envoys: [{ version: '1.40.0', image: 'other' }],
          node: { cluster: 'edge', id: 'edge-.*', metadata: { role: ['a', { b: 1 }] } },
          guards: { defaultPanicThresholdPercent: 40, rehearsalRequestsPerSecond: 50 },
          gates: {
            auto: false,
            soakMs: 5_400_000,
            approvals: { count: 2, group: 'release-managers', expireMs: 86_400_000 },
            freeze: [
              { start: '0 17 * * FRI', durationMs: 216_000_000, timeZone: 'Asia/Tokyo', reason: 'weekend' },
              {
                start: 'FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24',
                durationMs: 864_000_000,
                timeZone: 'UTC',
                reason: 'holidays',
              },
            ],
          },
          target: { kind: 's3', bucket: 'b', prefix: '' },
        },
      ],
    });
  });

  test('no mesh.yaml: one stage with the default versions', () => {
    expect(defaultMeshConfig('/c', ['1.40.0'])).toMatchObject({
      stages: [{ name: 'default', envoys: [{ version: '1.40.0' }] }],
    });
  });

  test('a version that YAML reads as a number is refused with the reason', () => {
    const [found] = parse('envoy: [1.40]\nstages: [{name: a}]\n').findings;
    expect(found).toMatchObject({ rule: 'mesh-value', at: { line: 1, column: 9 }, saw: 'the number 1.4' });
    expect(found?.want).toMatch(/quotes.*1\.40\.0/);
  });

  test('all problems at once, at their keys and values, with what was meant', () => {
    const text = `
envoys: [1.40.0]
stages:
  - name: Beta
    nod: {}
    node: {id: "(", clusters: x}
  - gates:
      soak: 30
      approval: 2
      approvals: {count: 0, group: ""}
      freeze:
        - {start: "61 * * * *", duration: 1y, time_zone: Mars/Base, reason: x}
        - {start: "FREQ=NEVER", duration: 1h}
    target: {kind: s3, bukcet: b, prefix: p}
  - {name: c, target: {kind: ftp}}
`;
    expect(problems(text)).toEqual([
      '4:11 mesh-value lower-case letters, digits and -, beginning with a letter',
      '6:16 mesh-value a regular expression',
      '6:21 mesh-unknown-key a known key; did you mean cluster?',
      '5:5 mesh-unknown-key a known key; did you mean node?',
      '7:5 mesh-missing-key the name of the stage',
      '8:13 mesh-value a duration such as 30m, 24h or 1h30m',
      '10:26 mesh-value a whole number from 1 to 20',
      '10:36 mesh-value the name of a group',
      '12:19 mesh-value a cron minute from 0 to 59, not "61"',
      '12:43 mesh-value a duration such as 30m, 24h or 1h30m',
      '12:58 mesh-value an IANA time zone such as Asia/Tokyo',
      '13:19 mesh-value FREQ with one of SECONDLY, MINUTELY, HOURLY, DAILY, WEEKLY, MONTHLY, YEARLY',
      '13:11 mesh-missing-key a text for the people who are held up',
      '9:7 mesh-unknown-key a known key; did you mean approvals?',
      '14:13 mesh-missing-key a text',
      '14:24 mesh-unknown-key a known key; did you mean bucket?',
      '15:30 mesh-value a mapping with `kind`: git, central-dogma, s3 or dir',
      '2:1 mesh-unknown-key a known key; did you mean envoy?',
    ]);
  });

  test('two stages of one name; a stage without versions', () => {
    expect(problems('stages:\n- name: a\n- name: b\n  envoy: [1.40.0]\n- name: a\n  envoy: [1.40.0]\n')).toEqual([
      '2:3 no-envoy-version `envoy`, in the stage or at the top: a list of versions such as ["1.40.0"]',
      '5:9 duplicate-stage each stage once',
    ]);
    expect(problems('stages: [{name: a}]\n', ['1.40.0'])).toEqual([]);
  });

  test.each([
    ['{kind: git, repository: live, branch: b}', '{kind: git, repository: ./live/, branch: refs/heads/b}'],
    [
      '{kind: git, repository: "https://Git.example/m", branch: b}',
      '{kind: git, repository: "https://git.example/m/", branch: b}',
    ],
    ['{kind: dir, path: /srv/live}', '{kind: dir, path: /srv/x/../live/}'],
    ['{kind: s3, bucket: b, prefix: live/}', '{kind: s3, bucket: b, prefix: live, region: eu-west-1}'],
    [
      '{kind: central-dogma, url: "http://dogma.example:36462", project: p, repository: r, path: /live}',
      '{kind: central-dogma, url: "http://dogma.example:36462/", project: p, repository: r, path: live/}',
    ],
  ])('two stages with one target, as in %s', (one, other) => {
    const stages = (...targets: string[]) =>
      `envoy: [1.40.0]\nstages:\n${targets.map((target, index) => `- name: s${index}\n  target: ${target}\n`).join('')}`;
    expect(problems(stages(one, '{kind: dir, path: elsewhere}', other))).toEqual([
      expect.stringMatching(/^8:11 shared-target a target of its own: another (branch|path|prefix)/),
    ]);
  });

  test('targets that only look alike are two', () => {
    const targets = [
      '{kind: git, repository: live, branch: a}',
      '{kind: git, repository: live, branch: b}',
      '{kind: git, repository: live2, branch: a}',
      '{kind: dir, path: live}',
      '{kind: dir, path: /live}',
      '{kind: s3, bucket: b, prefix: live}',
      '{kind: s3, bucket: b, prefix: live, endpoint: "https://s3.example"}',
      '{kind: s3, bucket: b, prefix: Live}',
    ];
    const stages = targets.map((target, index) => `- name: s${index}\n  target: ${target}\n`).join('');
    expect(problems(`envoy: [1.40.0]\nstages:\n${stages}- name: none\n- name: none2\n`)).toEqual([]);
  });

  test('the reserved name, the same version twice, no stages', () => {
    expect(problems('envoy: [1.40.0, 1.40.0]\nstages: [{name: common}]\n')).toHaveLength(2);
    expect(problems('stages: []\n')).toEqual(['1:9 mesh-value at least one stage']);
    expect(problems('{}\n')).toEqual(['1:1 mesh-missing-key a list of stages']);
  });
});

test.each(schemaFiles())('$path is what `npm run schema` writes', ({ path, text }) => {
  expect(readFileSync(join(import.meta.dirname, '../../..', path), 'utf8')).toBe(text);
});
