import { expect, test } from 'vitest';
import { PINNED_ENVOY_VERSIONS } from '../../../conformance/launcher/pinned-versions.ts';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { type ChurnNode, churnNode } from './churn-node.ts';
import { type ChurnMesh, churnMesh, FOUND, traffic } from './churn-world.ts';
import { fleetNode } from './fleet-node.ts';
import { foundHosts } from './found-hosts.ts';
import { type ServedStart, servedProcess } from './served-process.ts';

const never = new AbortController().signal;
const soon = <T>(what: string, probe: () => Promise<T | undefined>): Promise<T> =>
  pollUntil(what, 180_000, never, probe);
const say = (line: string): void => void process.stdout.write(`kill: ${line}\n`);

const BEFORE: ChurnMesh = { timeoutMs: 1_000, header: 0, extras: [] };

/** `streams` on a mesh that has been served, with the hosts of all clusters at rest. */
async function fleet(streams: number) {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await foundHosts(6));
  const fixedPort = world.ports[0] ?? 0;
  for (const cluster of FOUND) await world.list(cluster, world.ports);
  const running: AsyncDisposable[] = [];
  stack.defer(async () => {
    for (const server of running) await server[Symbol.asyncDispose]();
  });
  const start = async (more: Partial<ServedStart> = {}) => {
    const server = await servedProcess({
      port: 0,
      dir: world.dir,
      snapshots: [churnMesh(BEFORE, fixedPort)],
      ...more,
    });
    running.push(server);
    return server;
  };
  const first = await start();
  const nodes: ChurnNode[] = [];
  for (let index = 0; index < streams; index += 1)
    nodes.push(stack.use(churnNode(first.port, `stream-${index}`, index % 2 === 0 ? 'sotw' : 'delta', ['main'])));
  const atRest = (server: Awaited<ReturnType<typeof start>>, count: number) =>
    soon('everything at rest', async () => {
      const { nodes: told, ramps } = await server.state();
      const there = told.filter(({ state }) => state === 'applied').length;
      const isThere = Object.values(ramps).filter(({ stage }) => stage === 'there').length === FOUND.length;
      // A ramp is there before what it serves has reached anybody.
      const holdAll = nodes.every((node) => Object.keys(node.held()[XDS_TYPES.EDS] ?? {}).length === FOUND.length + 1);
      return (there >= count && isThere && holdAll) || undefined;
    });
  const owned = stack.move();
  return {
    world,
    fixedPort,
    first,
    nodes,
    start,
    atRest,
    total: () =>
      nodes
        .map((node) => node.count())
        .reduce((sum, one) => ({
          answers: sum.answers + one.answers,
          resources: sum.resources + one.resources,
          unchanged: sum.unchanged + one.unchanged,
          opened: sum.opened + one.opened,
        })),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

test('kill -9 and restart under 200 streams: nothing is sent that they hold, and the traffic of real Envoys goes on', async () => {
  const STREAMS = 200;
  await using it = await fleet(STREAMS);
  const versions = [PINNED_ENVOY_VERSIONS[0] ?? '', PINNED_ENVOY_VERSIONS.at(-1) ?? ''];
  await using stack = new AsyncDisposableStack();
  const envoys = await Promise.all(
    versions.map(async (version, index) =>
      stack.use(await fleetNode(version, `envoy-${index}`, it.first.port, { delta: index === 1 })),
    ),
  );
  const doors = await Promise.all(envoys.map((envoy) => soon('a listener', () => envoy.portOf('web'))));
  await it.atRest(it.first, STREAMS + envoys.length);
  const requests = doors.map((port) => stack.use(traffic(async () => port, 20)));
  await soon('answers', async () => requests.every(({ seen }) => seen.asked > 0) || undefined);
  it.total();
  const before = it.nodes.map((node) => node.held());

  await it.first.kill();
  await soon('all streams lost', async () => it.nodes.every(({ isOpen }) => !isOpen) || undefined);
  const second = await it.start({ port: it.first.port });
  await it.atRest(second, STREAMS + envoys.length);
  const quiet = it.total();
  say(`restart with nothing changed: ${JSON.stringify(quiet)}`);
  expect(quiet).toMatchObject({ resources: 0, unchanged: 0 });
  expect(it.nodes.map((node) => node.held())).toEqual(before);

  await second.kill();
  await soon('all streams lost', async () => it.nodes.every(({ isOpen }) => !isOpen) || undefined);
  // One endpoint resource and the routes change while nobody serves.
  const after = churnMesh({ ...BEFORE, header: 1 }, it.world.ports[1] ?? 0);
  const third = await it.start({ port: it.first.port, snapshots: [churnMesh(BEFORE, it.fixedPort), after] });
  await it.atRest(third, STREAMS + envoys.length);
  const changed = await soon('the change at every stream', async () => {
    const { EDS, RDS } = XDS_TYPES;
    const isNew = it.nodes.every((node, index) => {
      const [now, was] = [node.held(), before[index]];
      return now[EDS]?.fixed !== was?.[EDS]?.fixed && now[RDS]?.main !== was?.[RDS]?.main;
    });
    return isNew ? it.total() : undefined;
  });
  say(`restart with two resources changed: ${JSON.stringify(changed)}`);
  expect(changed).toMatchObject({ resources: 2 * STREAMS, unchanged: 0 });
  const asked = requests.map(({ seen }) => seen.asked);
  await soon(
    'requests after it',
    async () => requests.every(({ seen }, at) => seen.asked > (asked[at] ?? 0)) || undefined,
  );
  say(`requests: ${requests.map(({ seen }) => seen.asked).join(', ')}`);
  expect(requests.flatMap(({ seen }) => seen.failures)).toEqual([]);
}, 600_000);

test('1,000 streams come back at once after a restart: all are served, and sent nothing that they hold', async () => {
  const STREAMS = 1_000;
  await using it = await fleet(STREAMS);
  await it.atRest(it.first, STREAMS);
  it.total();
  const { rss: before } = await it.first.figures();
  await it.first.kill();
  await soon('all streams lost', async () => it.nodes.every(({ isOpen }) => !isOpen) || undefined);
  const startedAt = performance.now();
  const second = await it.start({ port: it.first.port });
  await it.atRest(second, STREAMS);
  const lastedMs = performance.now() - startedAt;
  const seen = it.total();
  const { rss } = await second.figures();
  say(`storm: ${JSON.stringify({ ...seen, lastedMs, rssMiB: [before, rss].map((bytes) => bytes / 1024 / 1024) })}`);
  expect(seen).toMatchObject({ resources: 0, unchanged: 0 });
}, 600_000);
