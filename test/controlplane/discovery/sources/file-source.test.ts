import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fileSource, readHosts } from '../../../../controlplane/discovery/sources/file-source.ts';
import { Answers, inShort } from '../answers.ts';
import { host } from '../hosts.ts';
import { failingSourceContract } from '../source-contract.ts';

const POLL_MS = 20;
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'meshgate-hosts-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const source = (path = 'hosts.yaml') => fileSource({ path }, { root: dir, pollMs: POLL_MS });
const yamlOf = (hosts: readonly number[]): string =>
  hosts.map((last) => `- { address: 127.0.9.${last}, port: 8080 }\n`).join('') || '[]\n';
const write = (text: string, path = 'hosts.yaml'): Promise<void> => writeFile(join(dir, path), text);
const putInPlace = async (text: string): Promise<void> => {
  await write(text, 'hosts.yaml.new');
  await rename(join(dir, 'hosts.yaml.new'), join(dir, 'hosts.yaml'));
};

describe('written over, then no YAML', () => {
  failingSourceContract('unknown', () => ({
    source: source(),
    set: (hosts) => write(yamlOf(hosts)),
    breakIt: () => write('- { address: '),
    mendIt: async () => {},
  }));
});

describe('renamed to its place, then taken away', () => {
  failingSourceContract('unknown', () => ({
    source: source(),
    set: (hosts) => putInPlace(yamlOf(hosts)),
    breakIt: () => unlink(join(dir, 'hosts.yaml')),
    mendIt: async () => {},
  }));
});

test('JSON with all that can be said of a host', async () => {
  const full = {
    address: 'FD00:0:0::1',
    port: 80,
    health: 'maintenance',
    weight: 65_535,
    locality: { region: 'eu', sub_zone: 'r1' },
    hostname: 'one',
    metadata: { version: '1', nested: { list: [1, true, null] } },
  };
  await write(JSON.stringify([full]));
  await using answers = new Answers(source());
  const locality = { region: 'eu', zone: '', subZone: 'r1' };
  expect(await answers.until('[fd00::1]:80 maintenance')).toEqual({
    kind: 'hosts',
    hosts: [
      host('fd00::1', { health: 'maintenance', weight: 65_535, locality, hostname: 'one', metadata: full.metadata }),
    ],
  });
});

test('a list that is written line by line is not believed while it grows', async () => {
  const lookMs = 150;
  const shown = (hosts: readonly number[]): string => hosts.map((last) => `127.0.9.${last}:8080 unknown`).join(', ');
  const few = [1, 2];
  // Each line makes a list. Where this machine stood still between two of them for as long as the looks are apart, that list did stand.
  for (let round = 0; round < 10; round += 1) {
    await write(yamlOf(few));
    await using answers = new Answers(fileSource({ path: 'hosts.yaml' }, { root: dir, pollMs: lookMs }));
    await answers.until(shown(few));
    const all: number[] = [];
    let longestMs = 0;
    let writtenAt = performance.now();
    for (let last = 11; last <= 50; last += 1) {
      all.push(last);
      await write(yamlOf(all));
      longestMs = Math.max(longestMs, performance.now() - writtenAt);
      writtenAt = performance.now();
      await sleep(10);
    }
    await answers.until(shown(all));
    if (longestMs >= lookMs - 20) continue;
    expect(answers.all.map(inShort)).toEqual([shown(few), shown(all)]);
    return;
  }
  throw new Error('this machine stood still in each of ten rounds');
});

test('the file a ConfigMap mounts: a link to a folder that is changed as a whole', async () => {
  const version = async (name: string, hosts: readonly number[]): Promise<void> => {
    await mkdir(join(dir, name));
    await write(yamlOf(hosts), join(name, 'hosts.yaml'));
    await symlink(name, join(dir, '..data.new'));
    await rename(join(dir, '..data.new'), join(dir, '..data'));
  };
  await version('..2026_1', [1]);
  await symlink(join('..data', 'hosts.yaml'), join(dir, 'hosts.yaml'));
  await using answers = new Answers(source());
  await answers.until('127.0.9.1:8080 unknown');
  await version('..2026_2', [2]);
  await answers.until('127.0.9.2:8080 unknown');
});

test.each([
  ['../outside.yaml', '../outside.yaml is outside of the folder of host files'],
  ['link.yaml', 'link.yaml is outside of the folder of host files'],
  ['none.yaml', 'none.yaml cannot be read: ENOENT'],
  ['/etc/hostname', '/etc/hostname is outside of the folder of host files'],
])('%s: %s', async (path, problem) => {
  const outside = join(dir, '..', `${dir.split('/').at(-1)}-outside.yaml`);
  await writeFile(outside, '[]');
  try {
    await symlink(outside, join(dir, 'link.yaml'));
    const asked = path === '../outside.yaml' ? join('..', outside.split('/').at(-1) ?? '') : path;
    await using answers = new Answers(source(asked));
    expect((await answers.untilFailed()).replace(asked, path)).toBe(problem);
  } finally {
    await rm(outside, { force: true });
  }
});

const ONE = '- { address: 127.0.0.1, port: 80';
test.each([
  ['a mapping', 'hosts: []', 'a.yaml: want a list of hosts'],
  ['nothing', '', 'a.yaml: want a list of hosts'],
  ['half a list', '- {', 'a.yaml:1:4 is no YAML (BAD_INDENT)'],
  ['a secret in half a list', '- { address: hunter2', /^a\.yaml:\d+:\d+ is no YAML \([A-Z_]+\)$/],
  [
    'a name for an address',
    '- { address: hunter2.test, port: 80 }',
    'a.yaml: [0].address: want an IP address that requests can be sent to',
  ],
  ['no address', '- { port: 80 }', 'a.yaml: [0].address: want an IP address'],
  [
    'everywhere',
    '- { address: 0.0.0.0, port: 80 }',
    'a.yaml: [0].address: want an IP address that requests can be sent to',
  ],
  ['port 0', `${ONE} }\n- { address: 127.0.0.1, port: 0 }`, 'a.yaml: [1].port: want a whole number from 1 to 65535'],
  ['weight 0', `${ONE}, weight: 0 }`, 'a.yaml: [0].weight: want a whole number from 1 to 65535'],
  [
    'an unknown health',
    `${ONE}, health: well }`,
    'a.yaml: [0].health: want one of healthy, unhealthy, maintenance, unknown',
  ],
  ['a misspelt member', `${ONE}, wieght: 1 }`, 'a.yaml: [0]: unknown member wieght'],
  ['two faults', '- { port: 0 }', 'a.yaml: [0].address: want an IP address, and 1 more'],
  ['metadata that is a list', `${ONE}, metadata: [] }`, 'a.yaml: [0].metadata: want an object'],
  [
    'metadata too deep',
    `${ONE}, metadata: { a: { b: { c: { d: { e: { f: 1 } } } } } } }`,
    'a.yaml: [0].metadata: want JSON, at most 5 deep',
  ],
  [
    'metadata too large',
    `${ONE}, metadata: { a: ${'x'.repeat(5_000)} } }`,
    'a.yaml: [0].metadata: want at most 4096 bytes of metadata',
  ],
  ['an infinite number', `${ONE}, metadata: { a: .inf } }`, 'a.yaml: [0].metadata: want JSON, at most 5 deep'],
])('%s is refused, without a word of what is written there', (_, text, problem) => {
  expect(() => readHosts('a.yaml', text)).toThrow(problem);
});

test('aliases that would grow without end are refused', () => {
  const lines = Array.from(
    { length: 12 },
    (_, index) =>
      `- &a${index} [${Array(10)
        .fill(`*a${index - 1}`)
        .join(', ')}]`,
  );
  expect(() => readHosts('a.yaml', ['- &a0 [x]', ...lines.slice(1)].join('\n'))).toThrow('a.yaml has too many aliases');
});
