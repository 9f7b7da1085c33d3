import { expect, test } from 'vitest';
import { keptFiles } from '../../../../pipeline/engine/source/kept-files.ts';
import type { Revision } from '../../../../pipeline/ids.ts';

const MIB = 1024 * 1024;
const reader = (bytes: number) => {
  const asked: string[] = [];
  const files = keptFiles(async (revision) => {
    asked.push(revision);
    return { commit: revision, files: [{ path: 'a.yaml', mode: '100644', content: Buffer.alloc(bytes) }] };
  });
  return { asked, read: (name: string) => files(name as Revision) };
};

test('a revision that was read is not asked for again, until eight others were', async () => {
  const { asked, read } = reader(1);
  for (const name of ['a', 'b', 'a', 'c', 'd', 'e', 'f', 'g', 'h', 'a']) await read(name);
  expect(asked.join('')).toBe('abcdefgh');
  await read('i');
  await read('b');
  await read('a');
  expect(asked.join('')).toBe('abcdefghib');
});

test('large revisions are not piled up, and one that is too large alone is read each time', async () => {
  const { asked, read } = reader(12 * MIB);
  for (const name of ['a', 'b', 'c', 'b', 'a']) await read(name);
  expect(asked.join('')).toBe('abca');
  const huge = reader(33 * MIB);
  expect((await huge.read('a')).commit).toBe('a');
  await huge.read('a');
  expect(huge.asked.join('')).toBe('aa');
});

test('what could not be read is asked for again', async () => {
  let fails = true;
  const files = keptFiles(async (revision) => {
    if (fails) throw new Error('the repository is away');
    return { commit: revision, files: [] };
  });
  await expect(files('a' as Revision)).rejects.toThrow('away');
  fails = false;
  expect((await files('a' as Revision)).commit).toBe('a');
});
