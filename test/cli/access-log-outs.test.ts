import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { openAccessLogs } from '../../cli/access-log-outs.ts';
import { UsageError } from '../../cli/usage-error.ts';
import { logged } from '../controlplane/access-logs/out/logged.ts';
import { temporaryDirectory } from '../pipeline/store/temporary-directory.ts';

const context = { stdout: new PassThrough() };
const say = (): void => undefined;

test.each([
  [{ accessLog: '/nowhere/at/all.log' }, /--access-log \/nowhere\/at\/all\.log: ENOENT/],
  [{ accessLogOtlp: 'collector:4318' }, /want a URL such as http:\/\/127\.0\.0\.1:4318\/v1\/logs/],
  [{ accessLogOtlp: 'http://ana:hunter2@collector:4318' }, /^--access-log-otlp: give it no password/],
])('%j is refused', async (options, words) => {
  const opening = openAccessLogs(options, context, say);
  await expect(opening).rejects.toThrow(UsageError);
  await expect(openAccessLogs(options, context, say)).rejects.toThrow(words);
});

test('a signal SIGHUP opens the file again; without any log it is nobody’s', async () => {
  await using directory = await temporaryDirectory();
  const before = process.listenerCount('SIGHUP');
  const path = join(directory.path, 'access.log');
  {
    await using none = await openAccessLogs({}, context, say);
    expect([none.outs, process.listenerCount('SIGHUP')]).toEqual([[], before]);
  }
  {
    await using opened = await openAccessLogs({ accessLog: path, accessLogOtlp: 'http://127.0.0.1:1' }, context, say);
    expect(opened.outs.map(({ name }) => name)).toEqual(['file', 'otlp']);
    await rename(path, `${path}.1`);
    process.emit('SIGHUP');
    opened.outs[0]?.write(logged('/after'));
  }
  expect(process.listenerCount('SIGHUP')).toBe(before);
  expect([await readFile(`${path}.1`, 'utf8'), await readFile(path, 'utf8')]).toEqual([
    '',
    expect.stringContaining('/after'),
  ]);
});
