import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sourceOpener } from '../../../controlplane/discovery/open-source.ts';
import { shareSource } from '../../../controlplane/discovery/share-source.ts';
import { fileSource } from '../../../controlplane/discovery/sources/file-source.ts';
import { Answers } from './answers.ts';
import { hostsUpTo } from './hosts.ts';
import { failingSourceContract } from './source-contract.ts';
import { ToldSource } from './told-source.ts';

describe('shared, a file keeps its promises', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'meshgate-shared-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));
  const write = (text: string): Promise<void> => writeFile(join(dir, 'hosts.json'), text);
  failingSourceContract('unknown', () => ({
    source: shareSource(fileSource({ path: 'hosts.json' }, { root: dir, pollMs: 20 })),
    set: (hosts) => write(JSON.stringify(hosts.map((last) => ({ address: `127.0.9.${last}`, port: 8080 })))),
    breakIt: () => write('{'),
    mendIt: async () => {},
  }));
});

test('asked once for all who watch, until the last one goes; who comes later is told what is known', async () => {
  const told = new ToldSource();
  let idle = 0;
  const shared = shareSource(told, () => {
    idle += 1;
  });
  const one = new Answers(shared);
  told.tell(hostsUpTo(1));
  await one.until('10.0.0.1:80 healthy');
  const other = new Answers(shared);
  await other.until('10.0.0.1:80 healthy');
  expect([told.watched, told.watching]).toEqual([1, 1]);
  await one[Symbol.asyncDispose]();
  expect([told.watching, idle]).toEqual([1, 0]);
  told.tell('gone');
  await other.until('failed');
  await other[Symbol.asyncDispose]();
  expect([told.watching, idle]).toEqual([0, 1]);

  // Whoever comes now is not told what was known then.
  await using third = new Answers(shared);
  told.tell(hostsUpTo(2));
  await third.until('10.0.0.1:80 healthy, 10.0.0.2:80 healthy');
  expect(third.all).toHaveLength(1);
  expect(told.watched).toBe(2);
});

test('clusters that ask the same share a source, whatever they make of the answer; a kind that is not set up says so', async () => {
  const open = sourceOpener({});
  const ask = { kind: 'consul', service: 'shop', tags: [] } as const;
  expect(open({ ...ask, priority: 0 })).toBe(open({ tags: [], priority: 1, service: 'shop', kind: 'consul' }));
  expect(open({ ...ask, priority: 0 })).not.toBe(open({ ...ask, tags: ['x'], priority: 0 }));
  for (const [source, problem] of [
    [{ ...ask, priority: 0 }, 'this control plane was given no Consul'],
    [
      { kind: 'kubernetes', namespace: 'a', service: 'b', priority: 0 },
      'this control plane was given no Kubernetes API',
    ],
    [{ kind: 'registry', service: 'b', priority: 0 }, 'this control plane was given no registry'],
    [{ kind: 'file', path: 'b', priority: 0 }, 'this control plane was given no folder of host files'],
  ] as const) {
    await using answers = new Answers(open(source));
    expect(await answers.untilFailed()).toBe(problem);
  }
});
