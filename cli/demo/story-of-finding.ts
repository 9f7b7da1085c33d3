import { get } from 'node:http';
import { type DemoWorld, OMAR } from './demo-world.ts';
import { type Play, StoryFault } from './play.ts';
import { clusterOf, type RampSeen, rampLog, rampSeen, registerHosts, seen, statsOf } from './registered-hosts.ts';

const FIRST = 4;
const IN_MAINTENANCE = 3;

/**
 * The last chapter: hosts register themselves with the control plane, and it lets them in step by step; those in maintenance wait outside. Then
 * an app that no config names registers itself, and the edge has it. `promote` brings what is committed to beta.
 */
export async function tellOfFinding(world: DemoWorld, play: Play, promote: () => Promise<unknown>): Promise<void> {
  const { catalog, reviews } = world.ports;
  play.narrate(
    'Nobody should have to split such a change: from now on the control plane finds the hosts, and lets them in.',
  );
  await registerHosts(world, 'beta', 'catalog', catalog.slice(0, FIRST));
  await world.mesh.commit('Hosts of the catalog register themselves, and so do apps', OMAR, () =>
    world.mesh.findHosts(),
  );
  await promote();
  const whole = (count: number) => async (): Promise<RampSeen | undefined> => {
    const ramp = rampSeen(await clusterOf(world, 'beta', 'catalog'));
    return ramp.served === count && ramp.onTrial === 0 ? ramp : undefined;
  };
  const before = await seen('the first four hosts', whole(FIRST));
  const failedBefore = failedIn(world);

  const late = new Set(catalog.slice(-IN_MAINTENANCE));
  for (const { port, behaviour } of world.hosts.hosts) behaviour.maintenance = late.has(port);
  play.narrate(`Eight hosts register themselves at once; ${IN_MAINTENANCE} of them are still in maintenance.`);
  await registerHosts(world, 'beta', 'catalog', catalog.slice(FIRST));
  const ramp = ['fleet', 'ramp', 'catalog', '--admin', `127.0.0.1:${world.ports.admin.get('beta')}`];
  const healthy = catalog.length - IN_MAINTENANCE;
  let shown = 0;
  const entered = await seen('the hosts that are well', async () => {
    const now = rampSeen(await clusterOf(world, 'beta', 'catalog'));
    if (now.served !== shown) {
      shown = now.served;
      play.prints('mesh fleet ramp catalog', await world.runMesh(...ramp));
    }
    if (now.served > healthy) throw new StoryFault(`${now.served} hosts are served, and ${healthy} are well`);
    return now.served === healthy && now.onTrial === 0 ? now : undefined;
  });
  if (entered.steps - before.steps < 2) throw new StoryFault(`${entered.steps - before.steps} step in all: no ramp`);
  const cluster = await clusterOf(world, 'beta', 'catalog');
  play.prints("the ramp's log", rampLog(cluster).slice(before.logged).join('\n'));
  play.narrate('The maintenance ends.');
  for (const { behaviour } of world.hosts.hosts) behaviour.maintenance = false;
  await seen('all hosts', whole(catalog.length));
  play.prints('mesh fleet ramp catalog', await world.runMesh(...ramp));
  const panics = await statsOf(world, 'beta', 'cluster.catalog.lb_healthy_panic');
  play.narrate(`lb_healthy_panic of the Envoys of beta: ${panics.join(', ')}`);
  if (panics.some((count) => count !== 0)) throw new StoryFault(`panic mode: ${panics.join(', ')}`);
  if (failedIn(world) > failedBefore) throw new StoryFault('requests of beta failed while hosts came');

  play.narrate('An app that no config names registers itself.');
  await registerHosts(world, 'beta', 'reviews', [reviews], ['app']);
  await seen('the app at the edge', async () => {
    // Which of the Envoys gets a connection is the kernel's choice: both must know it.
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(world.ports.edge.get('beta') ?? 0)));
    return answers.every((text) => text === 'reviews\n') ? true : undefined;
  });
  const admin = `127.0.0.1:${world.ports.admin.get('beta')}`;
  play.prints('mesh fleet generators', await world.runMesh('fleet', 'generators', '--admin', admin));
  play.narrate('http://reviews.shop/ is answered by both Envoys of beta, and nobody has edited a file.');
}

const failedIn = ({ traffic }: DemoWorld): number => traffic.counts().get('beta')?.failed ?? 0;

const ask = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const sent = get({ host: '127.0.0.1', port, headers: { host: 'reviews.shop' }, agent: false }, async (response) => {
      let text = '';
      for await (const piece of response) text += String(piece);
      resolve(text);
    });
    sent.once('error', reject);
  });
