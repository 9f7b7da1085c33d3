import { expect, test } from 'vitest';
import { clientStatusAccessProblem, startClientStatus } from '../../../controlplane/status/start-client-status.ts';

const TOKEN = 'a-token-of-enough-characters';

test('beyond this machine it listens with a token only, and with none that is guessed', async () => {
  for (const host of ['0.0.0.0', '::', 'control-plane.mesh.internal'])
    expect(clientStatusAccessProblem(host, undefined)).toMatch(/^the client status would be told to everybody/);
  for (const host of ['127.0.0.1', '::1', 'localhost'])
    expect(clientStatusAccessProblem(host, undefined)).toBeUndefined();
  expect(clientStatusAccessProblem('0.0.0.0', TOKEN)).toBeUndefined();
  expect(clientStatusAccessProblem('127.0.0.1', 'short')).toMatch(/less than 16 characters/);
  const start = () => startClientStatus({ clients: () => [], nowEpochMs: Date.now, host: '0.0.0.0', port: 0 });
  await expect(start()).rejects.toThrow(/told to everybody/);
});
