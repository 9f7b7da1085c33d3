import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { HostSource } from '../../../../controlplane/discovery/host-source.ts';
import {
  type ConsulQuestion,
  consulApi,
  consulSource,
} from '../../../../controlplane/discovery/sources/consul-source.ts';
import { cacheDirOf } from '../../../../render/wheels/cache-dir.ts';
import { type Consul, consulMissing, startConsul } from '../../../real/consul.ts';
import { Answers } from '../answers.ts';
import { host } from '../hosts.ts';
import { failingSourceContract } from '../source-contract.ts';

const CACHE = join(cacheDirOf(process.env), 'servers');
const missing = await consulMissing(CACHE);

describe.skipIf(missing)(`Consul${missing ? ` (${missing})` : ''}`, () => {
  let consul: Consul;
  let count = 0;
  let service = '';
  beforeAll(async () => {
    consul = await startConsul(CACHE);
  }, 900_000);
  afterAll(() => consul?.[Symbol.asyncDispose]());
  beforeEach(() => {
    count += 1;
    service = `shop-${count}`;
  });

  const sourceOf = (more: Partial<ConsulQuestion> = {}, token = consul.token): HostSource =>
    consulSource(
      { service, tags: [], ...more },
      {
        api: consulApi({ url: consul.url, token: async () => token }),
        waitMs: 60_000,
        leastPauseMs: 10,
        retry: { firstMs: 50, mostMs: 200 },
      },
    );
  const idOf = (last: number): string => `${service}-${last}`;
  const register = (last: number, more: object = {}): Promise<unknown> =>
    consul.call('PUT', '/v1/agent/service/register', {
      ID: idOf(last),
      Name: service,
      Address: `127.0.9.${last}`,
      Port: 8080,
      ...more,
    });
  const deregister = (last: number): Promise<unknown> =>
    consul.call('PUT', `/v1/agent/service/deregister/${idOf(last)}`);
  const at = (last: number, state = 'healthy'): string => `127.0.9.${last}:8080 ${state}`;

  describe('killed, and started again with nothing in it', () => {
    let there = new Set<number>();
    beforeEach(() => {
      there = new Set();
    });
    failingSourceContract('healthy', () => ({
      source: sourceOf(),
      set: async (hosts) => {
        for (const last of there) if (!hosts.includes(last)) await deregister(last);
        for (const last of hosts) await register(last);
        there = new Set(hosts);
      },
      breakIt: () => consul.kill(),
      // Its index starts from the beginning: whoever asked on with the old one would hear nothing for a minute.
      mendIt: () => consul.start(),
    }));
  });

  test('health, warnings with their weight, and maintenance of a service and of a node', async () => {
    await register(1, { Check: { TTL: '600s', Status: 'passing' }, Weights: { Passing: 10, Warning: 3 } });
    await register(2, { Check: { TTL: '600s', Status: 'critical' } });
    await using answers = new Answers(sourceOf());
    await answers.until(`${at(1)}, ${at(2, 'unhealthy')}`);
    expect(answers.last).toMatchObject({ hosts: [{ weight: 10 }, { weight: 1 }] });
    await consul.call('PUT', `/v1/agent/check/warn/service:${idOf(1)}`);
    await consul.call('PUT', `/v1/agent/check/pass/service:${idOf(2)}`);
    await answers.until(`${at(1)}, ${at(2)}`);
    expect(answers.last).toMatchObject({ hosts: [{ weight: 3 }, { weight: 1 }] });
    await consul.call('PUT', `/v1/agent/service/maintenance/${idOf(2)}?enable=true&reason=a%20new%20disk`);
    await answers.until(`${at(1)}, ${at(2, 'maintenance')}`);
    await consul.call('PUT', `/v1/agent/service/maintenance/${idOf(2)}?enable=false`);
    await answers.until(`${at(1)}, ${at(2)}`);
    await consul.call('PUT', '/v1/agent/maintenance?enable=true');
    await answers.until(`${at(1, 'maintenance')}, ${at(2, 'maintenance')}`);
    await consul.call('PUT', '/v1/agent/maintenance?enable=false');
    await answers.until(`${at(1)}, ${at(2)}`);
  });

  test('hosts with all tags alone, their metadata, weight and place', async () => {
    const Meta = { version: '7', weight: '42', region: 'eu', zone: 'a' };
    await register(1, { Tags: ['grpc', 'canary'], Meta });
    await register(2, { Tags: ['grpc'] });
    await using answers = new Answers(sourceOf({ tags: ['canary', 'grpc'] }));
    const answer = await answers.until(at(1));
    const locality = { region: 'eu', zone: 'a', subZone: '' };
    const { hostname } = answer.kind === 'hosts' ? (answer.hosts[0] ?? {}) : {};
    expect(hostname).toMatch(/./);
    expect(answer).toEqual({
      kind: 'hosts',
      hosts: [
        host('127.0.9.1', { port: 8080, weight: 42, locality, metadata: Meta, ...(hostname ? { hostname } : {}) }),
      ],
    });
    await register(2, { Tags: ['canary', 'grpc', 'x'] });
    await answers.until(`${at(1)}, ${at(2)}`);
  });

  test('a data centre that there is, and one that there is not', async () => {
    await register(1);
    await using here = new Answers(sourceOf({ datacenter: 'dc1' }));
    await using nowhere = new Answers(sourceOf({ datacenter: 'dc9' }));
    await here.until(at(1));
    expect(await nowhere.untilFailed()).toMatch(/answered 500: No path to datacenter/);
  });

  test('a host without an address takes its node’s; one that no request can be sent to is left out, and said', async () => {
    await register(1, { Address: '' });
    await register(2, { Address: 'shop.test' });
    await register(3, { Port: 0 });
    await using answers = new Answers(sourceOf());
    const answer = await answers.until('127.0.0.1:8080 healthy');
    const leftOut = answer.kind === 'hosts' ? (answer.leftOut ?? []) : [];
    expect(leftOut.map((one) => one.replace(/ on [^:]+/, ''))).toEqual([
      `${idOf(2)}: no requests can be sent to shop.test port 8080`,
      `${idOf(3)}: no requests can be sent to 127.0.9.3 port 0`,
    ]);
  });

  test('a token that may not see the service sees no hosts; one that there is not is a failure without the token', async () => {
    await register(1);
    await using anonymous = new Answers(consulSource({ service, tags: [] }, { api: consulApi({ url: consul.url }) }));
    await anonymous.until('none');
    const wrong = '00000000-dead-beef-0000-000000000000';
    await using unknown = new Answers(sourceOf({}, wrong));
    expect(await unknown.untilFailed()).toMatch(/answered 403: /);
    expect(JSON.stringify(unknown.all)).not.toContain('dead-beef');
  });
});
