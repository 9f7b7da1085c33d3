import { DEMO_STAGES } from './demo-mesh.ts';
import { type DemoWorld, OMAR } from './demo-world.ts';
import { type Play, StoryFault } from './play.ts';
import { tellOfFinding } from './story-of-finding.ts';
import { messageLines } from './transcript.ts';

const ADA = 'U0ADA';
const GRACE = 'U0GRACE';
const LIN = 'U0LIN';

/**
 * The whole story: a good change to release; a bad config refused; a change that hurts in canary, taken back and held; the panic-mode
 * incident refused; and the same hosts let in by the ramp, with an app that no config names. Rejects with `StoryFault` as soon as one thing
 * does not go as it should.
 */
export async function tellStory(world: DemoWorld, play: Play): Promise<void> {
  const numbers = new Map<string, number>();
  const next = (stage: string): string => {
    const number = (numbers.get(stage) ?? 0) + 1;
    numbers.set(stage, number);
    return `${stage}-${number}`;
  };
  const promote = async (stage: string, approvers: readonly string[] = []): Promise<string> => {
    const id = next(stage);
    await play.types(ADA, `promote ${stage}`);
    if (approvers.length > 0) await play.becomes(id, 'at its gates');
    for (const user of approvers) await play.presses(user, id, 'mesh_approve');
    return id;
  };

  play.chapter('A good change, from beta to release');
  for (const stage of DEMO_STAGES) {
    const id = await promote(stage, { canary: [GRACE], release: [GRACE, LIN] }[stage as string] ?? []);
    await play.becomes(id, 'promoted');
  }
  refuseFailures(world, 'the good change');

  play.chapter('A bad config is refused');
  await world.mesh.commit('Send the rest to the new catalogue', OMAR, () =>
    world.mesh.replaceIn('routes.yaml', 'route: { cluster: catalog,', 'route: { cluster: catalogue,'),
  );
  const bad = await play.becomes(await promote('beta'), 'rejected');
  play.expect('the refusal', messageLines(bad), 'unknown-cluster', 'routes.yaml:', 'catalogue');
  await world.mesh.commit('Back to the catalog that there is', OMAR, () =>
    world.mesh.replaceIn('routes.yaml', 'route: { cluster: catalogue,', 'route: { cluster: catalog,'),
  );

  play.chapter('A change that hurts in canary comes back by itself');
  await world.mesh.commit('Payments answer at once: give up early', OMAR, () =>
    world.mesh.replaceIn('routes.yaml', 'cluster: payments, timeout: 2s', 'cluster: payments, timeout: 0.6s'),
  );
  for (const stage of ['beta', 'staging']) await play.becomes(await promote(stage), 'promoted');
  const hurt = await play.becomes(await promote('canary', [GRACE]), 'rolled back');
  play.expect('the harm', messageLines(hurt), 'fail');
  play.narrate('The stage is held: nothing moves it until a person releases it.');
  play.expect('the status', await play.types(ADA, 'status'), 'canary', 'held');
  play.expect(
    'the release',
    await play.types(GRACE, 'release canary payments will be asked for their real times'),
    'canary',
  );
  await world.mesh.commit('Payments get their time again', OMAR, () =>
    world.mesh.replaceIn('routes.yaml', 'cluster: payments, timeout: 0.6s', 'cluster: payments, timeout: 2s'),
  );

  play.chapter('Eight new hosts, all still in maintenance: panic mode is not caused');
  const { catalog } = world.ports;
  const added = world.hosts.hosts.filter(({ service, port }) => service === 'catalog' && catalog.indexOf(port) >= 4);
  for (const { behaviour } of added) behaviour.maintenance = true;
  await world.mesh.commit('Eight more hosts for the catalog', OMAR, () => world.mesh.setCatalogHosts(catalog));
  const panic = await play.becomes(await promote('beta'), 'rejected');
  play.expect('the refusal', messageLines(panic), 'panic-mode');
  await tellOfFinding(world, play, async () => play.becomes(await promote('beta'), 'promoted'));
}

/** Customers must not have noticed anything. */
function refuseFailures({ traffic }: DemoWorld, after: string): void {
  for (const [stage, { answered, failed }] of traffic.counts()) {
    if (failed > 0)
      throw new StoryFault(`after ${after}: ${failed} of ${answered + failed} requests of ${stage} failed`);
  }
}
