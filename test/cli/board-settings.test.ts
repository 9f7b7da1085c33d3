import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BoardOptions } from '../../cli/board/board-options.ts';
import { boardSettings } from '../../cli/board/board-settings.ts';

const SECRETS = { MESHGATE_BOARD_CLIENT_ID: 'id', MESHGATE_BOARD_CLIENT_SECRET: 's3cret-of-the-board' };
const of = (options: BoardOptions, host = '127.0.0.1', env: Record<string, string> = SECRETS) =>
  boardSettings(options, host, { env });

test('on loopback it shows, and nothing more is wanted', () => {
  expect(of({}, '127.0.0.1', {})).toEqual({
    publicUrl: undefined,
    slackUrl: undefined,
    signIn: undefined,
    controlPlanes: [],
  });
});

test('sign-in: Slack by its own claims, others by the one that is named; demanded wherever others may come', () => {
  const slack = of({ issuer: 'https://slack.com' });
  expect(slack.signIn).toMatchObject({ identity: { kind: 'slack' }, clientId: 'id', demanded: false });
  const other = of({ issuer: 'https://sso.example', identityClaim: 'login', url: 'https://board.example/' });
  expect(other.signIn).toMatchObject({ identity: { kind: 'claim', name: 'login' }, demanded: true });
  expect(other.publicUrl).toBe('https://board.example');
});

test('secrets come from files, too', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'mesh-board-secret-'));
  await writeFile(join(dir, 'secret'), 'from a file\n');
  const env = { MESHGATE_BOARD_CLIENT_ID: 'id', MESHGATE_BOARD_CLIENT_SECRET_FILE: join(dir, 'secret') };
  expect(of({ issuer: 'https://slack.com' }, '127.0.0.1', env).signIn?.clientSecret).toBe('from a file');
  await rm(dir, { recursive: true });
});

test('control planes by stage, with the token of the admin API', () => {
  const env = { MESHGATE_ADMIN_TOKEN: 'a-token-of-enough-length' };
  expect(of({ controlPlane: ['canary=http://10.0.0.7:18003'] }, '127.0.0.1', env).controlPlanes).toEqual([
    { stage: 'canary', url: 'http://10.0.0.7:18003', token: 'a-token-of-enough-length' },
  ]);
});

test.each<[string, BoardOptions, string, Record<string, string>, RegExp]>([
  ['beyond loopback', {}, '0.0.0.0', {}, /--issuer/],
  ['beyond loopback by a name', {}, 'board.example', {}, /--issuer/],
  ['beyond loopback without its own name', { issuer: 'https://slack.com' }, '0.0.0.0', SECRETS, /--url/],
  ['without the secret', { issuer: 'https://slack.com' }, '127.0.0.1', {}, /MESHGATE_BOARD_CLIENT_ID is not set/],
  ['a provider that others may speak for', { issuer: 'http://sso.example' }, '127.0.0.1', SECRETS, /https/],
  ['a claim of nobody', { identityClaim: 'login' }, '127.0.0.1', SECRETS, /--issuer/],
  ['both at once', { issuer: 'https://slack.com', withoutSignIn: true }, '127.0.0.1', SECRETS, /exclude/],
  ['a path', { url: 'https://example.com/board' }, '127.0.0.1', {}, /without a path/],
  ['a password', { url: 'https://me:pw@example.com' }, '127.0.0.1', {}, /without a path/],
  ['no address', { slackUrl: 'javascript:alert(1)' }, '127.0.0.1', {}, /--slack-url/],
  ['no stage', { controlPlane: ['http://10.0.0.7:18003'] }, '127.0.0.1', {}, /STAGE=URL/],
])('what may not be is refused, with what to do: %s', (_, options, host, env, words) => {
  expect(() => of(options, host, env)).toThrow(words);
  try {
    of(options, host, env);
  } catch (fault) {
    expect(String(fault)).not.toContain('s3cret');
  }
});
