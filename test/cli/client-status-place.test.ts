import { expect, test } from 'vitest';
import { clientStatusPlaceOf, openClientStatus } from '../../cli/client-status-place.ts';
import { UsageError } from '../../cli/usage-error.ts';
import { statusClient } from '../controlplane/status/status-client.ts';

const TOKEN = 'a-token-of-enough-characters';

test('nothing answers CSDS unless somebody says where', async () => {
  expect(clientStatusPlaceOf(undefined, { env: {} })).toBeUndefined();
  expect(await openClientStatus(undefined, { clients: () => [], nowEpochMs: Date.now })).toBeUndefined();
});

test.each([
  ['18004', {}, /^--csds 18004: want HOST:PORT, such as 127\.0\.0\.1:18004/],
  [
    '0.0.0.0:18004',
    {},
    /^--csds: the client status would be told to everybody who reaches 0\.0\.0\.0: .*MESHGATE_ADMIN_TOKEN/,
  ],
  ['127.0.0.1:0', { MESHGATE_ADMIN_TOKEN: 'short' }, /^--csds: the token of the admin API has less than 16 characters/],
])('%s with %j is refused', (address, env, words) => {
  const place = () => clientStatusPlaceOf(address, { env });
  expect(place).toThrow(UsageError);
  expect(place).toThrow(words);
});

test('the token of the admin API is asked for there', async () => {
  const place = clientStatusPlaceOf('127.0.0.1:0', { env: { MESHGATE_ADMIN_TOKEN: TOKEN } });
  await using server = await openClientStatus(place, { clients: () => [], nowEpochMs: Date.now });
  const port = Number(server?.address.split(':')[1]);
  using stranger = statusClient(port);
  await expect(stranger.fetch()).rejects.toThrow(/UNAUTHENTICATED/);
  using tool = statusClient(port, `Bearer ${TOKEN}`);
  expect(await tool.fetch()).toEqual([]);
});
