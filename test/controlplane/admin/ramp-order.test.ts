import { expect, test } from 'vitest';
import { snapshotOf } from '../serve/memory-source.ts';
import { edsCluster } from '../xds/small-mesh.ts';
import { adminWorld, fromFile, soon } from './admin-world.ts';

const MESH = snapshotOf({ ...edsCluster('found'), discovery: fromFile('found.yaml') }, edsCluster('plain'));
type Ramp = { order: { kind: string; by?: string }; wanted: number; served: object[]; waiting: { kind: string }[] };

const JSON_TYPE = { 'content-type': 'application/json' };

async function rampWorld() {
  const world = await adminWorld({ snapshot: MESH });
  const order = (word: string, body: unknown = { by: 'ana' }, cluster = 'found') =>
    world.ask(`/ramp/${cluster}/${word}`, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) });
  const ramp = async (): Promise<Ramp | undefined> =>
    ((await world.ask('/ramp')).body as { ramps: { ramp?: Ramp }[] }).ramps[0]?.ramp;
  await world.list('found.yaml', ['10.0.0.1']);
  await soon('a host', async () => (await ramp())?.served.length === 1 || undefined);
  return { ...world, order, ramp, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test('a ramp that is held adds no host until it is released; who said so is answered and logged', async () => {
  await using world = await rampWorld();
  expect(await world.order('hold')).toMatchObject({
    status: 200,
    body: { cluster: 'found', isTaken: true, ramp: { order: { kind: 'held', by: 'ana' } } },
  });
  expect(world.said).toContain('cluster found: ana: hold');
  await world.list('found.yaml', ['10.0.0.1', '10.0.0.2']);
  const held = await soon('the second host is wanted', async () => {
    const ramp = await world.ramp();
    return ramp?.wanted === 2 && ramp.waiting.length > 0 ? ramp : undefined;
  });
  expect(held.served).toHaveLength(1);
  expect(held.waiting.map(({ kind }) => kind)).toContain('held');
  const { text } = await world.ask('/metrics');
  expect(text).toContain('meshgate_ramp_order{cluster="found",order="held"} 1\n');
  expect(text).toContain('meshgate_ramp_stage{cluster="found",stage="waiting"} 1\n');
  expect(text).toContain('meshgate_ramp_waiting{cluster="found",reason="held"} 1\n');

  const reported = () => world.reports.at(-1)?.findings?.map(({ rule, saw }) => `${rule}: ${saw}`) ?? [];
  await soon('the report of it', async () => reported().includes('ramp-held: held by ana') || undefined);

  expect(await world.order('release', { by: 'ben' })).toMatchObject({
    status: 200,
    body: { ramp: { order: { kind: 'none' } } },
  });
  expect(world.said).toContain('cluster found: ben: release');
  await soon('both hosts', async () => (await world.ramp())?.served.length === 2 || undefined);
  await soon('that it is over', async () => reported().length === 0 || undefined);
  expect(await world.order('hurry', { by: ' ana ' })).toMatchObject({ status: 200 });
  expect(world.said).toContain('cluster found: ana: hurry');
});

test('an order that is none is answered with what is wanted, and nothing is done', async () => {
  await using world = await rampWorld();
  const problems: [unknown, RegExp][] = [
    [{}, /^by: want who/],
    [{ by: '' }, /^by: want who/],
    [{ by: 7 }, /^by: want who/],
    [{ by: 'a\nb' }, /^by: want who/],
    [{ by: 'a'.repeat(201) }, /^by: want who/],
    [{ by: 'ana', hosts: 3 }, /^member hosts/],
    [['ana'], /^want a JSON object/],
  ];
  for (const [body, problem] of problems)
    expect(await world.order('hold', body)).toMatchObject({
      status: 400,
      body: { problem: expect.stringMatching(problem) },
    });
  expect(await world.order('hold', { by: 'ana' }, 'plain')).toMatchObject({
    status: 404,
    body: { problem: 'cluster plain: want one with a ramp: found' },
  });
  expect(await world.order('stop')).toMatchObject({ status: 404 });
  const post = (body: string | Buffer, headers: Record<string, string> = JSON_TYPE) =>
    world.ask('/ramp/found/hold', { method: 'POST', headers, body });
  expect(await post('{"by":')).toMatchObject({ status: 400, body: { problem: 'want JSON' } });
  expect(await post(Buffer.from([0x22, 0xff, 0x22]))).toMatchObject({ status: 400, body: { problem: 'want JSON' } });
  expect(await post('{"by":"ana"}', { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
  expect(await post(JSON.stringify({ by: 'a'.repeat(5_000) }))).toMatchObject({ status: 413 });
  expect(
    await post(JSON.stringify({ by: 'a'.repeat(5_000) }), { ...JSON_TYPE, 'transfer-encoding': 'chunked' }),
  ).toMatchObject({ status: 413 });
  expect(await world.ask('/ramp/found/hold')).toMatchObject({ status: 405, headers: { allow: 'POST' } });
  expect((await world.ramp())?.order).toEqual({ kind: 'none' });
});
