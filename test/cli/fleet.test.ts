import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { runProgram } from '../../cli/program.ts';
import { trafficOfExchanges } from '../../controlplane/access-logs/traffic-of-exchanges.ts';
import { XDS_TYPES } from '../../controlplane/xds/xds-types.ts';
import { adminWorld, fromFile, soon } from '../controlplane/admin/admin-world.ts';
import { snapshotOf } from '../controlplane/serve/memory-source.ts';
import { entry, node } from '../controlplane/telemetry/entry.ts';
import { rawClient } from '../controlplane/xds/raw-client.ts';
import { edsCluster } from '../controlplane/xds/small-mesh.ts';
import { GATEWAY, meshOf } from '../render/generators/generator-mesh.ts';

const MESH = snapshotOf({ ...edsCluster('found'), discovery: fromFile('found.yaml') });
const TOKEN = 'a-token-of-enough-characters';

/** `mesh ARGS…` in this process. */
async function mesh(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const exitCode = await runProgram(args, { env, cwd: '.', stdout, stderr, onSignal: () => {}, exit: () => {} });
  const text = (stream: PassThrough): string => (stream.read() as Buffer | null)?.toString('utf8') ?? '';
  return { exitCode, out: text(stdout), err: text(stderr) };
}

test('the ramps as a table; one that is held is waited for by exit code 1, until it is released', async () => {
  await using world = await adminWorld({ snapshot: MESH });
  const admin = ['--admin', `127.0.0.1:${world.port}`];
  await world.list('found.yaml', ['10.0.0.1']);
  const there = await soon('there', async () => {
    const said = await mesh(['fleet', 'ramp', ...admin]);
    return said.out.includes('there') ? said : undefined;
  });
  expect(there).toEqual({
    exitCode: 0,
    out: '  cluster  stage  wanted  served  on trial  waiting for\n  found    there  1       1       0         -\n',
    err: '',
  });
  const hold = await mesh(['fleet', 'ramp', 'hold', 'found', '--by', 'ana', ...admin]);
  expect(hold).toMatchObject({ exitCode: 0, err: '', out: expect.stringMatching(/found .* held by ana/) });
  expect(world.said).toContain('cluster found: ana: hold');
  await world.list('found.yaml', ['10.0.0.1', '10.0.0.2']);
  const waiting = await soon('waiting', async () => {
    const said = await mesh(['fleet', 'ramp', 'found', '--json', ...admin]);
    return said.exitCode === 1 ? said : undefined;
  });
  expect(JSON.parse(waiting.out)).toMatchObject({
    exitCode: 1,
    ramps: [{ cluster: 'found', ramp: { wanted: 2, order: { kind: 'held', by: 'ana' } } }],
  });
  expect((await mesh(['fleet', 'ramp', 'release', 'found', ...admin])).exitCode).toBe(0);
  await soon('both hosts', async () => (await mesh(['fleet', 'ramp', ...admin])).out.includes('there') || undefined);
});

test('what generators found as a table; a service that is left out makes it exit code 1, with the place of its template', async () => {
  const files = {
    'generators/apps.yaml': GATEWAY['generators/apps.yaml']?.replace('kind: consul', 'kind: file, path: apps.yaml'),
    'templates/app.yaml': GATEWAY['templates/app.yaml']?.replace(
      'connect_timeout: 1s',
      'metadata: { filter_metadata: { meshgate: { service: "${with.name}" } } }',
    ),
  };
  const { snapshot } = await meshOf(files);
  if (!snapshot) throw new Error('no snapshot');
  await using world = await adminWorld({ snapshot: { ...snapshot, stage: MESH.stage } });
  const admin = ['--admin', `127.0.0.1:${world.port}`];
  await world.know('apps.yaml', ['orders:edge', 'unseen:other']);
  const well = await soon('orders', async () => {
    const said = await mesh(['fleet', 'generators', ...admin]);
    return said.out.includes('orders') ? said : undefined;
  });
  expect(well.exitCode).toBe(0);
  // What is generated is known to the service map.
  expect(world.server.telemetry.names.roleOf('app-orders').service).toBe('orders');
  expect(well.out).toBe(
    [
      'generator apps (generators/apps.yaml:2:1): services of file apps.yaml tagged edge is current',
      '  service  state   what',
      '  orders   served  cluster app-orders, virtual host app-orders of route gateway',
      '',
    ].join('\n'),
  );
  await world.know('apps.yaml', ['orders:edge', 'bad\u001b[31m*:edge', 'slow:edge,timeout=soon']);
  const out = await soon('those that are left out', async () => {
    const said = await mesh(['fleet', 'generators', ...admin]);
    return said.exitCode === 1 ? said : undefined;
  });
  expect(out.out).toMatch(/bad.* left out +generated-name \(generators\/apps.yaml:2:1\): a service called/);
  expect(out.out).toMatch(/slow +left out +parameter-kind \(templates\/app.yaml:2:1\): "soon" for timeout/);
  expect(out.out).toMatch(/orders +served/);
  expect(out.out).not.toContain('\u001b');
  const { text } = await world.ask('/metrics');
  expect(text).toContain('meshgate_generator_services{generator="apps",state="left_out"} 2');
  const told = await soon('what is left out in a report', async () => {
    const { findings = [] } = world.reports.at(-1) ?? {};
    const leftOut = findings.filter(({ rule }) => rule === 'services-left-out');
    return leftOut.length === 2 ? leftOut : undefined;
  });
  expect(told.map(({ saw }) => saw).toSorted()).toEqual([
    expect.stringMatching(/^"bad\\u001b\[31m\*": generated-name: /),
    expect.stringMatching(/^"slow": parameter-kind: "soon" for timeout/),
  ]);
  expect(await world.ask('/generators')).toMatchObject({ status: 200, body: { generators: [{ generator: 'apps' }] } });
  expect(await world.ask('/snapshot')).toMatchObject({ body: { resources: { CDS: [{ name: 'app-orders' }] } } });
});

test('the Envoys as a table; one that refuses what it is served makes it exit code 1', async () => {
  await using world = await adminWorld({ snapshot: MESH });
  const admin = ['--admin', `127.0.0.1:${world.port}`];
  using node = rawClient(world.server.port);
  node.send({ node: 'edge-1', typeUrl: XDS_TYPES.CDS });
  const answer = await soon('clusters', async () => node.answers[0]);
  const pending = await soon('pending', async () => {
    const said = await mesh(['fleet', 'nodes', ...admin]);
    return said.out.includes('pending') ? said : undefined;
  });
  expect(pending).toMatchObject({ exitCode: 0, out: expect.stringContaining('is served to 1 Envoys') });
  node.send({ typeUrl: XDS_TYPES.CDS, nonce: answer.nonce, error: 'no\u001b[2Jsuch\ncluster' });
  const refused = await soon('refused', async () => {
    const said = await mesh(['fleet', 'nodes', ...admin]);
    return said.exitCode === 1 ? said : undefined;
  });
  expect(refused.out).toMatch(/edge-1 .* refused .* CDS: nosuch cluster\n/);
});

test('what cannot be asked, or is not there, is said in words with exit code 2', async () => {
  await using world = await adminWorld({ snapshot: MESH, token: TOKEN });
  const env = { MESHGATE_ADMIN_TOKEN: TOKEN };
  const admin = ['--admin', `127.0.0.1:${world.port}`];
  expect(await mesh(['fleet', 'ramp', ...admin])).toMatchObject({
    exitCode: 2,
    err: expect.stringMatching(/wants its token/),
  });
  expect((await mesh(['fleet', 'ramp', ...admin], env)).exitCode).toBe(0);
  const usages: [string[], RegExp][] = [
    [['hold'], /want \[CLUSTER\], or hold\|release\|hurry CLUSTER/],
    [['found', 'hold'], /want \[CLUSTER\]/],
    [['hold', 'fond'], /cluster fond: want one with a ramp; did you mean found\?/],
    [['fond'], /cluster fond: want one with a ramp: found/],
    [['hold', 'found', '--by', ''], /by: want who/],
  ];
  for (const [words, err] of usages) {
    const said = await mesh(['fleet', 'ramp', ...words, ...admin], env);
    expect(said).toMatchObject({ exitCode: 2, out: '' });
    expect(said.err).toMatch(err);
    expect(said.err).not.toContain(TOKEN);
  }
  const xds = await mesh(['fleet', 'ramp', '--admin', `127.0.0.1:${world.server.port}`, '--json'], env);
  expect(xds).toMatchObject({ exitCode: 2, err: expect.stringContaining('`mesh serve` says where its admin API is') });
  expect(JSON.parse(xds.out)).toMatchObject({ exitCode: 2 });
});

test('what answers there but is no admin API is not taken for one', async () => {
  await using stack = new AsyncDisposableStack();
  const server = createServer((_, response) => response.end('"hello"')).listen(0, '127.0.0.1');
  stack.defer(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const said = await mesh(['fleet', 'ramp', '--admin', `127.0.0.1:${port}`]);
  expect(said).toMatchObject({ exitCode: 2, out: '', err: expect.stringContaining('(200) is no admin API') });
});

test('who calls whom as a table: what is not all of it is never 100 %, and names from outside move no cursor', async () => {
  await using world = await adminWorld({ snapshot: MESH });
  const admin = ['--admin', `127.0.0.1:${world.port}`];
  const nothing = await mesh(['fleet', 'traffic', ...admin]);
  expect(nothing).toEqual({ exitCode: 0, out: expect.stringContaining('nothing was heard of any traffic'), err: '' });
  const { telemetry } = world.server;
  const log = (more: Parameters<typeof entry>[0]): void => {
    const entries = [entry(more)];
    telemetry.takeLog(node('web'), { logName: '', entries }, true, trafficOfExchanges(entries));
  };
  for (let asked = 0; asked < 19_999; asked += 1) log({});
  log({ code: 503, attempts: 2, flags: ['UT'], durationMs: 60_000 });
  log({ kind: 'tcp', cluster: 'db\u001b[2J\nfake', code: 0, flags: ['UF'] });
  const said = await mesh(['fleet', 'traffic', ...admin]);
  expect(said.out).toMatch(/^stage canary, the last \d+ s:\n/);
  const rows = said.out.trimEnd().split('\n').slice(2);
  expect(rows).toEqual([
    expect.stringMatching(/^ {2}web +cart +[\d.]+ +99\.99 % +3\.\d+ ms +4\.97 ms +1 +1 +-$/),
    expect.stringMatching(/^ {2}web +db fake +- +- +- +- +- +- +1 \(1 failed\)$/),
  ]);
  const json = JSON.parse((await mesh(['fleet', 'traffic', '--json', ...admin])).out);
  expect(json).toMatchObject({
    exitCode: 0,
    stage: 'canary',
    edges: [{ source: 'web', requests: 20_000, failures: 1 }, {}],
  });
});
