import { type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pollUntil } from '../../../../conformance/poll-until.ts';
import type { AccessLogOut } from '../../../../controlplane/access-logs/out/access-log-out.ts';
import { jsonLine } from '../../../../controlplane/access-logs/out/json-line.ts';
import { jsonLinesFile } from '../../../../controlplane/access-logs/out/json-lines-file.ts';
import { jsonLinesStream } from '../../../../controlplane/access-logs/out/json-lines-stream.ts';
import { temporaryDirectory } from '../../../pipeline/store/temporary-directory.ts';
import { logged } from './logged.ts';

const soon = <T>(what: string, probe: () => Promise<T | undefined>): Promise<T> =>
  pollUntil(what, 30_000, new AbortController().signal, probe);
const written = (out: AccessLogOut, lines: number): Promise<true> =>
  soon(`${lines} lines`, async () => out.counts().written >= lines || undefined) as Promise<true>;
const pathsIn = async (file: string): Promise<string[]> =>
  (await readFile(file, 'utf8')).split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)['url.path']]));

test('these attributes are written, and no others', () => {
  const line = jsonLine(logged('/cart/7?token=hunter2#x', { authority: 'ana:hunter2@shop.example:8443' }));
  expect(line.endsWith('}\n')).toBe(true);
  expect(JSON.parse(line)).toEqual({
    timestamp: '2027-01-15T08:00:00.000Z',
    trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
    'meshgate.stage': 'canary',
    'meshgate.node': 'web-1',
    'meshgate.source': 'web',
    'meshgate.destination': 'cart',
    'meshgate.reporter': 'caller',
    'envoy.version': '1.40.0',
    'envoy.cluster': 'cart',
    'envoy.route': 'main',
    'envoy.response_code_details': 'via_upstream',
    'envoy.attempts': 1,
    'envoy.duration_ms': 4,
    'envoy.upstream.address': '10.0.0.1:80',
    'envoy.upstream.sent_bytes': 10,
    'envoy.upstream.received_bytes': 20,
    'network.protocol.name': 'http',
    'network.protocol.version': '2',
    'client.address': '[fd00::9]',
    'client.port': 4711,
    'server.address': 'shop.example',
    'server.port': 8443,
    'url.scheme': 'https',
    'url.path': '/cart/7',
    'user_agent.original': 'curl/8',
    'http.request.method': 'GET',
    'http.request.header.x-request-id': 'a-b',
    'http.request.body.size': 1,
    'http.response.body.size': 2,
    'http.response.status_code': 200,
  });
});

test('whatever is in it, an entry is one line of bounded length that reads back, and moves no cursor', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 50 }),
    fc.constantFrom(
      '\u001b[2J',
      '\u202ereversed',
      '\r\n{"forged":1}',
      '\u2028',
      '\ud800',
      '\0',
      '\u009b31m',
      'x'.repeat(200_000),
    ),
  );
  fc.assert(
    fc.property(hostile, hostile, hostile, fc.double(), (path, agent, cluster, startEpochMs) => {
      const line = jsonLine(logged(path, { userAgent: agent, authority: path }, { cluster, startEpochMs }));
      expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]/u);
      expect(line.length).toBeLessThan(30_000);
      JSON.parse(line);
    }),
    { numRuns: 300 },
  );
});

test('a file that is renamed, removed, or reopened is made anew: no line is lost, and none is cut in two', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'access.log');
  await writeFile(path, `${JSON.stringify({ 'url.path': 'before' })}\n`);
  await using out = await jsonLinesFile({ path, say: () => undefined });
  out.write(logged('/1'));
  await written(out, 1);
  await rename(path, `${path}.1`);
  out.reopen();
  out.write(logged('/2'));
  await written(out, 2);
  expect([await pathsIn(`${path}.1`), await pathsIn(path)]).toEqual([['before', '/1'], ['/2']]);

  // Nobody tells: it finds out by itself, and what is written until then is in the file that was.
  await rename(path, `${path}.2`);
  let sent = 2;
  await soon('a new file', async () => {
    sent += 1;
    out.write(logged(`/${sent}`));
    return (await readFile(path, 'utf8').catch(() => '')) !== '' || undefined;
  });
  await written(out, sent);
  const all = [...(await pathsIn(`${path}.2`)), ...(await pathsIn(path))];
  expect(all).toEqual(Array.from({ length: sent - 1 }, (_, index) => `/${index + 2}`));
  await rm(path);
  out.reopen();
  out.write(logged('/last'));
  await written(out, sent + 1);
  expect(await pathsIn(path)).toEqual(['/last']);
  expect(out.counts()).toEqual({ written: sent + 1, dropped: 0, waiting: 0 });
});

test('a line of which the disk took half is written whole where the file is another by then', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'access.log');
  const said: string[] = [];
  let isFull = false;
  /** A disk that has room for 40 bytes more, and then for none until another file is opened. */
  const small = async (...how: Parameters<typeof open>): Promise<FileHandle> => {
    const file = await open(...how);
    if (isFull) return file;
    isFull = true;
    const write = file.write.bind(file);
    let isFirst = true;
    const writeSome = async (bytes: Buffer) => {
      if (!isFirst) throw new Error('ENOSPC');
      isFirst = false;
      return await write(bytes.subarray(0, 40));
    };
    return Object.assign(file, { write: writeSome });
  };
  await using out = await jsonLinesFile({ path, say: (line) => said.push(line), open: small });
  out.write(logged('/1'));
  await soon('words', async () => said[0]);
  out.write(logged('/2'));
  await rename(path, `${path}.1`);
  await written(out, 2);
  expect(await pathsIn(path)).toEqual(['/1', '/2']);
  expect(await readFile(`${path}.1`)).toHaveLength(40);
  expect(out.counts()).toEqual({ written: 2, dropped: 0, waiting: 0 });
});

test('what the disk does not take waits, up to a number of bytes; then it is dropped, and counted', async () => {
  const said: string[] = [];
  // Every write to it fails: there is no room.
  const out = await jsonLinesFile({ path: '/dev/full', say: (line) => said.push(line), maxWaitingBytes: 4_000 });
  for (let index = 0; index < 50; index += 1) out.write(logged(`/${index}`));
  await soon('words', async () => said[0]);
  const { written: none, dropped, waiting } = out.counts();
  expect(none).toBe(0);
  expect(waiting).toBeGreaterThan(0);
  expect(dropped + waiting).toBe(50);
  await out[Symbol.asyncDispose]();
  expect([out.counts().dropped, said]).toEqual([50, [expect.stringMatching(/cannot be written: ENOSPC/)]]);
  await expect(jsonLinesFile({ path: '/nowhere/access.log', say: () => undefined })).rejects.toThrow(/ENOENT/);
});

test('who reads standard output slowly loses lines, and who went away all of them', async () => {
  const slow = new PassThrough({ highWaterMark: 1 });
  await using out = jsonLinesStream(slow, 2_000);
  for (let index = 0; index < 20; index += 1) out.write(logged(`/${index}`));
  const { dropped } = out.counts();
  expect(dropped).toBeGreaterThan(0);
  let text = '';
  slow.on('data', (chunk) => {
    text += chunk;
  });
  await written(out, 20 - dropped);
  expect(text.trimEnd().split('\n')).toHaveLength(20 - dropped);
  slow.destroy(new Error('EPIPE'));
  await soon('gone', async () => !slow.writable || undefined);
  out.write(logged('/late'));
  expect(out.counts()).toEqual({ written: 20 - dropped, dropped: dropped + 1, waiting: 0 });
});
