import { expect, test } from 'vitest';
import { parseAdminAddress } from '../../../conformance/launcher/admin-address.ts';
import { CappedText } from '../../../conformance/launcher/capped-text.ts';
import { EnvoyStartError, LauncherError } from '../../../conformance/launcher/envoy-launcher.ts';
import { refusalReason, staticVerdict } from '../../../conformance/launcher/envoy-log.ts';
import { asLauncherError, earlyEndFault } from '../../../conformance/launcher/launcher-fault.ts';

const stamp = (level: string): string =>
  `[2026-11-22 13:27:17.133][12118][${level}][main] [source/server/server.cc:76]`;
const exited = { exitCode: 1, signal: undefined };

test.each([
  [
    'validate',
    `${stamp('critical')} error initializing configuration '/a b/c.json': Invalid duration: goo.gle/debugproto    \nseconds: -1\n\n`,
    'Invalid duration: seconds: -1',
  ],
  [
    'serve',
    `${stamp('critical')} error \`no such field: 'x'\` initializing config '\n  bad.json'\n${stamp('info')} exiting\n`,
    "no such field: 'x'",
  ],
  ['plain text only', `${stamp('info')} starting\nunable to bind\n`, 'unable to bind'],
])('the reason of a refusal, %s', (_, log, reason) => {
  expect(refusalReason(log)).toBe(reason);
});

test('a log without a reason has none, and that is a crash', () => {
  const log = `${stamp('info')} starting\n`;
  expect(refusalReason(log)).toBeUndefined();
  expect(staticVerdict(log, exited)).toMatchObject({ kind: 'crashed' });
  expect(staticVerdict('', { exitCode: undefined, signal: 'SIGSEGV' })).toMatchObject({ kind: 'crashed' });
});

test('an end before ready is Envoy’s doing, unless something outside killed it', () => {
  const ending = { name: 'Envoy 1.2.3', end: exited, log: 'why\n', memoryRanOut: false };
  expect(earlyEndFault(ending)).toMatchObject({ code: 'ENVOY_EXITED', message: expect.stringContaining('why') });
  const killed = { ...ending, end: { exitCode: undefined, signal: 'SIGKILL' } };
  expect(earlyEndFault(killed)).toMatchObject({ name: 'LauncherError', code: 'LAUNCH_FAILED' });
  expect(earlyEndFault({ ...killed, memoryRanOut: true })).toMatchObject({ code: 'OUT_OF_MEMORY' });
});

test('faults of the operating system have codes of their own; known errors stay what they are', () => {
  const fault = (code: string) => asLauncherError(Object.assign(new Error(code), { code }), 'start') as LauncherError;
  expect(['ENOSPC', 'EDQUOT', 'ENOMEM', 'EADDRINUSE', 'EACCES'].map((code) => fault(code).code)).toEqual([
    'DISK_FULL',
    'DISK_FULL',
    'OUT_OF_MEMORY',
    'PORT_TAKEN',
    'LAUNCH_FAILED',
  ]);
  for (const known of [new LauncherError('NO_PIP', ''), new EnvoyStartError('ENVOY_EXITED', '', { log: '' })])
    expect(asLauncherError(known, 'start')).toBe(known);
});

test('the admin address, once it is whole', () => {
  expect(parseAdminAddress('127.0.0.1:45649')?.href).toBe('http://127.0.0.1:45649/');
  expect(parseAdminAddress('[::1]:80')?.hostname).toBe('[::1]');
  for (const partial of ['', '127.0', '127.0.0.1:', '127.0.0.1:0']) expect(parseAdminAddress(partial)).toBeUndefined();
});

test('a long stream keeps its ends', () => {
  const text = new CappedText();
  text.append('first\n');
  for (let piece = 0; piece < 200; piece += 1) text.append('x'.repeat(64 * 1024));
  text.append('last\n');
  expect(text.text()).toMatch(/^first\nx/);
  expect(text.text()).toMatch(/x\[… .*\n.*last\n$|last\n$/s);
  expect(text.text()).toContain('characters left out');
  expect(text.text().length).toBeLessThan(4.2 * 1024 * 1024);
});
