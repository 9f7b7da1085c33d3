import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cacheDirOf } from '../../../render/wheels/cache-dir.ts';
import { fetchWheel, type WheelRequest } from '../../../render/wheels/wheel-cache.ts';

const run = promisify(execFile);
const FAKE_PIP = ['python3', join(import.meta.dirname, 'fake-pip.py')];
const WHEEL = 'some_tool-1.1.0-py3-none-any.whl';
const NO_PIN = '0'.repeat(64);

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wheel cache-'));
  // Children see this process's environment, as the real pip sees its own settings.
  process.env.FAKE_PIP_CALLS = join(dir, 'calls');
});
afterEach(async () => {
  for (const name of ['FAKE_PIP', 'FAKE_PIP_CALLS', 'FAKE_CONTENT']) delete process.env[name];
  await rm(dir, { recursive: true, force: true });
});

const calls = async (): Promise<number> =>
  (await readFile(join(dir, 'calls'), 'utf8').catch(() => '')).split('\n').length - 1;
const said: string[] = [];
function fetchIt(mode: string, more: Partial<WheelRequest> = {}): Promise<string> {
  process.env.FAKE_PIP = mode;
  said.length = 0;
  return fetchWheel({
    project: 'some-tool',
    version: '1.1.0',
    pins: {},
    cacheDir: join(dir, 'cache'),
    executables: ['tool/run'],
    onProgress: (line) => said.push(line),
    pip: FAKE_PIP,
    ...more,
  });
}
/** What is left in the cache besides what was put in place. */
const workLeft = async (): Promise<string[]> =>
  (await readdir(join(dir, 'cache', 'wheels')).catch(() => [])).filter((entry) => entry.startsWith('.'));

test('a wheel is fetched once, unpacked, and there offline from then on', async () => {
  const unpacked = await fetchIt('ok');
  expect((await run(join(unpacked, 'tool/run'))).stdout).toBe('1.1.0\n');
  expect(said).toEqual([
    'downloading some-tool 1.1.0',
    expect.stringMatching(
      /^some-tool 1\.1\.0 is not pinned in the repository; trusted on first use with SHA-256 [0-9a-f]{64}$/,
    ),
    'unpacking some-tool 1.1.0',
  ]);
  expect(await fetchIt('no network', { pip: ['/no/such/pip'], python: '/no/such/python' })).toBe(unpacked);
  expect(said).toEqual([]);
  expect([await calls(), await workLeft()]).toEqual([1, []]);
});

test('a pinned hash is held against what came, and one that differs is refused', async () => {
  await fetchIt('ok', { cacheDir: join(dir, 'other') });
  const known = join(dir, 'other', 'wheels', 'trusted', `${WHEEL}.sha256`);
  const sha256 = (await readFile(known, 'utf8')).trim();
  await fetchIt('ok', { pins: { '1.1.0': { [WHEEL]: sha256 } } });
  expect(said).toEqual(['downloading some-tool 1.1.0', 'unpacking some-tool 1.1.0']);

  const wrong = fetchIt('ok', { cacheDir: join(dir, 'third'), pins: { '1.1.0': { [WHEEL]: NO_PIN } } });
  await expect(wrong).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH', message: expect.stringContaining(NO_PIN) });
  await expect(wrong).rejects.toThrow(sha256);
  expect(await readdir(join(dir, 'third', 'wheels'))).toEqual([]);
});

test('trust on first use: the same version with other content later is refused', async () => {
  const unpacked = await fetchIt('ok');
  await rm(unpacked, { recursive: true });
  await fetchIt('ok');
  await rm(unpacked, { recursive: true });
  process.env.FAKE_CONTENT = 'something else';
  await expect(fetchIt('ok')).rejects.toMatchObject({
    code: 'CHECKSUM_MISMATCH',
    message: expect.stringMatching(/at first use it had .*delete .*\.sha256$/),
  });
});

test.each([
  ['no network', 'NO_NETWORK', /some-tool 1\.1\.0 is not in the cache and pip cannot reach .*PIP_FIND_LINKS/],
  [
    'unknown version',
    'UNKNOWN_VERSION',
    /some-tool 1\.1\.0 does not exist for this machine; there are 1\.0\.0, 1\.1\.0/,
  ],
  ['no wheel here', 'UNKNOWN_VERSION', /no wheel of some-tool that fits this machine .*pinned versions are 1\.0\.0/],
  ['disk full', 'DISK_FULL', /the disk is full; free some space/],
  ['no pip', 'NO_PIP', /this Python has no pip; install Python 3 with pip/],
  ['breaks', 'DOWNLOAD_FAILED', /pip failed: RuntimeError: something else/],
  ['cut short', 'DOWNLOAD_FAILED', /some-tool 1\.1\.0/],
])('pip says: %s', async (mode, code, message) => {
  const pins = { '1.0.0': {} };
  const fault = await fetchIt(mode, { pins }).catch((error: unknown) => error);
  expect(fault).toMatchObject({ name: 'WheelError', code, message: expect.stringMatching(message) });
  expect((fault as Error).message).not.toContain('\n');
  expect(await workLeft()).toEqual([]);
});

test('no Python at all', async () => {
  const absent = fetchIt('ok', { pip: ['/no/such/python3', '-m', 'pip'] });
  await expect(absent).rejects.toMatchObject({ code: 'NO_PIP' });
});

test.each(['../../etc', '', '-r requirements.txt', 'a/b', '1.0 '])(
  'the version %j never reaches pip',
  async (version) => {
    await expect(fetchIt('ok', { version, pins: { '1.0.0': {} } })).rejects.toMatchObject({
      code: 'UNKNOWN_VERSION',
      message: expect.stringContaining('pinned versions are 1.0.0'),
    });
    expect(await calls()).toBe(0);
  },
);

test('a full disk of the cache itself', async () => {
  // The unpacker stands for any writer: it meets a device that is always full.
  const python = join(dir, 'python');
  await writeFile(
    python,
    '#!/bin/sh\necho x >/dev/full || { echo "OSError: [Errno 28] No space left on device" >&2; exit 1; }\n',
  );
  await chmod(python, 0o755);
  await expect(fetchIt('ok', { python })).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: expect.stringContaining('MESHGATE_CACHE_DIR'),
  });
});

test('a cache that cannot be written', async () => {
  await writeFile(join(dir, 'file'), '');
  const inFile = fetchIt('ok', { cacheDir: join(dir, 'file', 'cache') });
  await expect(inFile).rejects.toMatchObject({ code: 'CACHE_UNUSABLE', message: expect.stringContaining('ENOTDIR') });
  await symlink(join(dir, 'loop'), join(dir, 'loop'));
  await expect(fetchIt('ok', { cacheDir: join(dir, 'loop') })).rejects.toMatchObject({ code: 'CACHE_UNUSABLE' });
});

test('an abort ends pip and leaves nothing', async () => {
  const stop = new AbortController();
  const fetching = fetchIt('hangs', { signal: stop.signal });
  fetching.catch(() => undefined);
  await vi.waitFor(async () => expect(await calls()).toBe(1), { timeout: 15_000 });
  stop.abort(new Error('enough'));
  await expect(fetching).rejects.toThrow('enough');
  expect(await workLeft()).toEqual([]);
});

test('several processes at once: each gets the whole wheel', async () => {
  const code = `
    import { fetchWheel } from ${JSON.stringify(join(import.meta.dirname, '../../../render/wheels/wheel-cache.ts'))};
    console.log(await fetchWheel({ project: 'some-tool', version: '1.1.0', pins: {}, executables: ['tool/run'],
      cacheDir: ${JSON.stringify(join(dir, 'cache'))}, pip: ${JSON.stringify(FAKE_PIP)} }));`;
  const all = await Promise.all(
    [1, 2, 3].map(() =>
      run(process.execPath, ['--input-type=module', '-e', code], { env: { ...process.env, FAKE_PIP: 'ok' } }),
    ),
  );
  const [path = ''] = new Set(all.map(({ stdout }) => stdout.trim()));
  expect(new Set(all.map(({ stdout }) => stdout.trim())).size).toBe(1);
  expect((await readdir(path, { recursive: true })).sort()).toEqual(['tool', 'tool/data', 'tool/run']);
  expect(await workLeft()).toEqual([]);
});

test('what a killed process left behind is removed after an hour', async () => {
  const [old, young] = ['.work-old', '.work-young'].map((name) => join(dir, 'cache', 'wheels', name)) as [
    string,
    string,
  ];
  for (const work of [old, young]) await mkdir(work, { recursive: true });
  await utimes(old, 0, 0);
  await fetchIt('ok');
  expect(await workLeft()).toEqual(['.work-young']);
});

test('where the cache is', () => {
  expect(cacheDirOf({ MESHGATE_CACHE_DIR: '/a', XDG_CACHE_HOME: '/b', HOME: '/c' })).toBe('/a');
  expect(cacheDirOf({ XDG_CACHE_HOME: '/b', HOME: '/c' })).toBe('/b/meshgate');
  expect(cacheDirOf({ MESHGATE_CACHE_DIR: 'relative', XDG_CACHE_HOME: '', HOME: '/c' })).toBe('/c/.cache/meshgate');
});
