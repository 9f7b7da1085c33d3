import { expect, test } from 'vitest';
import { parseMeshConfig } from '../../../render/config/parse-mesh-config.ts';
import type { JsonObject } from '../../../render/json.ts';
import { readPlacedYaml } from '../../../render/load/yaml/read-placed-yaml.ts';

const PEOPLE = `people: {ada: {unix: [ada], emails: [a@x.example]}, bo: {slack: [T01/U0BO]}, cyd: {unix: [cyd], emails: [c@x.example]}}`;
const mesh = (access: string, rest = '', stages = '[{name: a}, {name: b}]'): string =>
  `envoy: [1.40.0]\naccess: {${access}}\n${rest}\nstages: ${stages}\n`;
const approvals = (count: number, group = 'g'): string =>
  `[{name: a}, {name: b, gates: {approvals: {count: ${count}, group: ${group}}}}]`;
const problems = (text: string): string[] => {
  const { documents } = readPlacedYaml('mesh.yaml', text);
  const { config, findings } = parseMeshConfig('/config', 'mesh.yaml', documents[0] as JsonObject, []);
  expect(config === undefined).toBe(findings.length > 0);
  // what stands at the place, as far as it is one word
  const standsAt = (line: number, column: number): string =>
    /^[{[]?"?[\w:/-]*/.exec(text.split('\n')[line - 1]?.slice(column - 1) ?? '')?.[0] ?? '';
  return findings.map(({ rule, at, saw }) => `${standsAt(at.line, at.column)} ${rule} ${saw}`);
};
const g = (members: string): string => `${PEOPLE}, groups: {g: {${members}}}`;

test.each<[string, string, string[]]>([
  ['all is well', mesh(g('members: [ada, bo, cyd]'), 'owners: [{paths: [x/**], group: g}]', approvals(2)), []],
  ['the sample has none of these', mesh(PEOPLE), []],

  ['a gate’s group', mesh(PEOPLE, '', approvals(1)), ['g unknown-group the group "g"']],
  ['a role’s group', mesh(`${PEOPLE}, roles: {freeze: [h]}`), ['h unknown-group the group "h"']],
  [
    'a group of no access at all',
    'envoy: [1.40.0]\nstages: [{name: a, gates: {approvals: {count: 1, group: g}}}]',
    ['g unknown-group the group "g"'],
  ],
  ['an owner’s group', mesh(PEOPLE, 'owners: [{paths: [x], group: h}]'), ['h unknown-group the group "h"']],
  ['a stage', mesh(`${PEOPLE}, roles: {stages: {c: {freeze: []}}}`), ['{freeze: roles-of-unknown-stage the stage "c"']],
  ['a member', mesh(g('members: [adda]')), ['adda unknown-person the member "adda"']],
  [
    'twice in a group',
    mesh(g('members: [ada, bo, "slack:T01/U0BO", ada]')),
    ['"slack:T01/U0BO person-listed-twice bo again in g', 'ada person-listed-twice ada again in g'],
  ],
  [
    'one account of two',
    mesh('people: {a: {unix: [x]}, b: {unix: [x], emails: [M@x.example, m@x.example]}}'),
    ['{unix: identity-of-two-people unix:x of b, as of a', '{unix: identity-of-two-people m@x.example twice of b'],
  ],
  [
    'nobody in a group that must approve',
    mesh(g('members: []'), '', approvals(1)),
    ['{members: empty-group nobody in g, which must approve'],
  ],
  [
    'nobody in a group of owners',
    mesh(g('members: []'), 'owners: [{paths: [x], group: g}]'),
    ['{members: empty-group nobody in g, which must approve'],
  ],
  [
    'a soak in the first stage',
    mesh(PEOPLE, '', '[{name: a, gates: {soak: 1h}}]'),
    ['1h soak-in-first-stage a soak in a, the first stage'],
  ],
  [
    'nobody who may ask',
    mesh(`${g('members: []')}, roles: {request: [g]}`, '', '[{name: a}, {name: b, gates: {auto: true}}]'),
    ['{name: nobody-may-request a, for which nobody may ask'],
  ],
  [
    'an empty access',
    mesh('people: {}'),
    ['{name: nobody-may-request a, for which nobody may ask', '{name: nobody-may-request b, for which nobody may ask'],
  ],
])('%s', (_what, text, wanted) => {
  expect(problems(text)).toEqual(wanted);
});

test.each<[string, string, string | undefined]>([
  [
    'more than there are',
    mesh(g('members: [ada, bo]'), '', approvals(3)),
    '3 approvals of g, of whom 2 people can approve',
  ],
  // asked by one of them, always
  [
    'as many as there are, and only they may ask',
    mesh(`${g('members: [ada, bo]')}, roles: {request: [g]}`, '', approvals(2)),
    '2 approvals of g, of whom 2 people can approve, one of whom must be the one who asks',
  ],
  ['as many as there are, and others may ask', mesh(g('members: [ada, bo]'), '', approvals(2)), undefined],
  [
    'as many as there are, and it goes by itself',
    mesh(
      `${g('members: [ada, bo]')}, roles: {request: [g]}`,
      '',
      approvals(2).replace('gates: {', 'gates: {auto: true, '),
    ),
    undefined,
  ],
  ['a Slack user group may have more', mesh(g('members: [ada], slack_user_group: S01'), '', approvals(3)), undefined],
  [
    'of whom no address is known',
    mesh(
      'people: {a: {unix: [a]}, b: {unix: [b], emails: [b@x.example]}}, groups: {g: {members: [a, b]}}',
      '',
      approvals(2),
    ),
    '2 approvals of g, of whom 1 person can approve',
  ],
  ['everybody', mesh(PEOPLE, '', approvals(4, 'everybody')), '4 approvals of everybody, of whom 3 people can approve'],
])('approvals: %s', (_what, text, saw) => {
  expect(problems(text).map((line) => line.replace(/^\S+ approvals-unreachable /, ''))).toEqual(
    saw === undefined ? [] : [saw],
  );
});

const observed = (url: string): string => `observe: {prometheus: [{name: n, url: "${url}", query: up, want: ">= 1"}]}`;
test.each<[string, string, number]>([
  ['a Prometheus URL', observed('http://prometheus.example:9090/x'), 0],
  ['with a password', observed('http://u:p@prometheus.example'), 1],
  ['with a name', observed('https://token@prometheus.example'), 1],
  ['with a token behind it', observed('https://prometheus.example/?Access_Token=x'), 1],
  ['a remote by ssh', 'remote: ssh://git@git.example/mesh.git', 0],
  ['a remote by its name', 'remote: origin', 0],
  ['a remote with a token', 'remote: https://x:tok@git.example/mesh.git', 1],
])('%s', (_what, rest, count) => {
  const found = problems(mesh(PEOPLE, rest));
  expect(found).toHaveLength(count);
  // it is not told what it was
  for (const line of found)
    expect(line).toBe(`${line.split(' ')[0]} url-with-credentials a URL with a user name, password or token in it`);
});

const frozen = (window: string): string =>
  mesh(PEOPLE, '', `[{name: a, gates: {freeze: [{${window}, duration: 1h, reason: r}]}}]`);
test.each<[string, string, string | undefined]>([
  ['counts from a day', 'start: "FREQ=DAILY;COUNT=3", from: 2026-12-01', undefined],
  ['counts from no day', 'start: "FREQ=DAILY;COUNT=3"', 'recurrence-without-from'],
  ['every second week of no day', 'start: "FREQ=WEEKLY;INTERVAL=2"', 'recurrence-without-from'],
  ['every tenth', 'start: "FREQ=WEEKLY;INTERVAL=10"', 'recurrence-without-from'],
  ['every one', 'start: "FREQ=WEEKLY;INTERVAL=1"', undefined],
  ['the 30th of February', 'start: "0 0 30 2 *"', 'freeze-never-opens'],
  ['the 30th of February, by rule', 'start: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"', 'freeze-never-opens'],
  ['over before it begins', 'start: "FREQ=DAILY;UNTIL=20261130", from: 2026-12-01', 'freeze-never-opens'],
])('a freeze: %s', (_what, window, rule) => {
  expect(problems(frozen(window)).map((line) => line.split(' ')[1])).toEqual(rule === undefined ? [] : [rule]);
});

test('owners’ paths are of the mesh config', () => {
  for (const path of ['/etc/x', '../x', 'a/../b', '!x', 'a\\\\b', './x'])
    expect(problems(mesh(g('members: [ada]'), `owners: [{paths: ["${path}"], group: g}]`))[0]).toMatch(/mesh-value/);
});

test('observe: the stage over the top, one by one, over the defaults', () => {
  const text = mesh(
    PEOPLE,
    'observe: {for: 1m, tolerance: {failure_share: 0.1, latency_growth: 1s}}',
    '[{name: a, observe: {ack_share: 0.5, tolerance: {latency_factor: 2}}}]',
  );
  const { documents } = readPlacedYaml('mesh.yaml', text);
  const { config } = parseMeshConfig('/config', 'mesh.yaml', documents[0] as JsonObject, []);
  expect(config?.stages[0]?.observe).toEqual({
    forMs: 60_000,
    ackShare: 0.5,
    ackWithinMs: 60_000,
    sampleMs: 5_000,
    minRequests: 100,
    significance: 0.001,
    tolerance: { failureShare: 0.1, latencyFactor: 2, latencyGrowthMs: 1_000 },
    withoutTraffic: false,
    prometheus: [],
  });
});
