import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { expect, test } from 'vitest';
import { pollUntil } from '../../../../conformance/poll-until.ts';
import { readRegistration } from '../../../../controlplane/discovery/registry/registration.ts';
import { RegistryTable } from '../../../../controlplane/discovery/registry/registry-table.ts';
import { startRegistry } from '../../../../controlplane/discovery/registry/start-registry.ts';
import { registrySource } from '../../../../controlplane/discovery/sources/registry-source.ts';
import { Answers } from '../answers.ts';

test('hosts that keep their connections between renewals keep nobody else out', async () => {
  await using registry = await startRegistry({ nowEpochMs: Date.now, port: 0, connections: 16 });
  const agents = Array.from({ length: 30 }, () => new Agent({ keepAlive: true }));
  try {
    for (const [last, agent] of agents.entries()) {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const headers = { 'content-type': 'application/json' };
        const options = { port: registry.port, path: '/v1/registration/shop', method: 'POST', headers, agent };
        request(options, resolve)
          .once('error', reject)
          .end(JSON.stringify({ address: `10.0.0.${last + 1}`, port: 80 }));
      });
      answer.resume();
      await once(answer, 'end');
    }
    expect(registry.table.hosts('shop')).toHaveLength(30);
  } finally {
    for (const agent of agents) agent.destroy();
  }
});

test('hosts that come in a crowd are one answer for many, not one each', async () => {
  using table = new RegistryTable({ nowEpochMs: Date.now });
  await using answers = new Answers(registrySource({ service: 'shop' }, table));
  await answers.until('none');
  const from = performance.now();
  for (let host = 0; host < 500; host += 1) {
    const address = `10.0.${host >> 8}.${host & 255}`;
    const read = readRegistration('shop', { address, port: 80 });
    if (read.kind === 'refused') throw new Error(read.problem);
    table.register(read.registration);
    // Each as it comes over the network: whoever waits for a change sees it before the next one.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  const most = 3 + (performance.now() - from) / 25;
  await pollUntil('all of them', 15_000, new AbortController().signal, async () =>
    answers.last?.kind === 'hosts' && answers.last.hosts.length === 500 ? true : undefined,
  );
  expect(answers.all.length).toBeLessThan(most);
});
