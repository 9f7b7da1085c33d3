import { expect, test } from 'vitest';
import { healthServerOf, startHealthServer } from '../../cli/health-server.ts';

const LOCAL = { host: '127.0.0.1', port: 0 };
async function ask(url: string, path: string, method = 'GET') {
  const response = await fetch(`${url}${path}`, { method });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

test('ready as long as every check holds; alive as long as the process answers', async () => {
  let slack: string | undefined;
  await using server = await startHealthServer({
    ...LOCAL,
    checks: { store: async () => undefined, slack: async () => slack },
    facts: async () => ({ inboxOpen: 3 }),
  });
  expect(await ask(server.url, '/readyz')).toEqual({
    status: 200,
    body: { ready: true, store: 'ok', slack: 'ok', inboxOpen: 3 },
  });
  slack = 'not connected';
  expect(await ask(server.url, '/readyz?verbose')).toEqual({
    status: 503,
    body: { ready: false, store: 'ok', slack: 'not connected', inboxOpen: 3 },
  });
  expect(await ask(server.url, '/healthz')).toEqual({ status: 200, body: { alive: true } });
});

test('a check that rejects has failed, and so has one that never ends; facts are for show', async () => {
  await using server = await startHealthServer({
    ...LOCAL,
    withinMs: 20,
    checks: {
      store: () => Promise.reject(new Error('store-gone: the database does not answer')),
      slack: () => new Promise(() => {}),
    },
    facts: () => Promise.reject(new Error('away')),
  });
  expect(await ask(server.url, '/readyz')).toEqual({
    status: 503,
    body: { ready: false, store: 'store-gone: the database does not answer', slack: 'no answer within 20 ms' },
  });
});

test('metrics: each check, and what there is beside; a store that is away takes nothing else with it', async () => {
  let gone = false;
  await using server = await startHealthServer({
    ...LOCAL,
    checks: { store: async () => (gone ? 'gone' : undefined), slack: () => Promise.reject(new Error('away')) },
    metrics: async () => {
      if (gone) throw new Error('gone');
      return [{ name: 'meshgate_workers', help: 'Workers.', type: 'gauge', samples: [{ value: 2 }] }];
    },
  });
  const read = async () => {
    const response = await fetch(`${server.url}/metrics`);
    expect(response).toMatchObject({ status: 200 });
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    return (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  };
  const slack = 'meshgate_health_check{check="slack"} 0';
  expect(await read()).toEqual(['meshgate_health_check{check="store"} 1', slack, 'meshgate_workers 2']);
  gone = true;
  expect(await read()).toEqual(['meshgate_health_check{check="store"} 0', slack]);
});

test('it says nothing else, and takes nothing', async () => {
  await using server = await startHealthServer({ ...LOCAL, checks: {} });
  expect((await ask(server.url, '/')).status).toBe(404);
  expect((await ask(server.url, '/readyz', 'POST')).status).toBe(405);
  expect(await ask(server.url, '/readyz', 'HEAD')).toEqual({ status: 200, body: undefined });
});

test('without an address there is none; a port that is taken is said', async () => {
  expect(await healthServerOf(undefined, { checks: {} })).toBeUndefined();
  await using server = await healthServerOf('127.0.0.1:0', { checks: {} });
  const port = new URL(server?.url ?? '').port;
  await expect(healthServerOf(`127.0.0.1:${port}`, { checks: {} })).rejects.toThrow('EADDRINUSE');
});
