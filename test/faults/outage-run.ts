import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { pollUntil } from '../../conformance/poll-until.ts';
import type { Postgresql } from '../real/postgresql.ts';
import { CHANNEL, type FaultWorld } from './fault-world.ts';
import { holds } from './invariants.ts';

/** The database is cut off at that point, for so long; everything goes on when it is back. */
export async function databaseGone(world: FaultWorld, server: Postgresql, point: string, forMs: number): Promise<void> {
  let back: Promise<void> | undefined;
  world.replicas.when(point, async () => {
    await server.kill();
    back = sleep(forMs).then(() => server.start());
  });
  const { root, end } = await world.promote();
  expect([point, back !== undefined, end]).toEqual([point, true, 'promoted']);
  await back;
  await holds(world, root, 'promoted');
}

/** Slack goes away when the push is intended; the promotion ends without it, and is told when Slack is back. */
export async function slackGone(world: FaultWorld): Promise<void> {
  const { faults } = world.workspace;
  world.replicas.when('worker after commit of fact push-intended', async () => faults.beginOutage());
  const promoted = world.promote();
  const ended = pollUntil('promoted without Slack', 120_000, new AbortController().signal, async () => {
    const [newest] = await world.store.read.promotions({ limit: 1 });
    return (faults.isOutage && newest?.state.kind === 'promoted') || undefined;
  });
  await Promise.race([ended, promoted.then(() => expect.fail('it was told while Slack was away'))]);
  const said = JSON.stringify(world.promotionRoots().at(-1)?.blocks);
  expect(said).not.toContain('*promoted*');
  faults.endOutage();
  const { root, end } = await promoted;
  expect(end).toBe('promoted');
  await holds(world, root, 'promoted');
}

/** All that anybody may read: what processes wrote, Slack, the log and its evidence, what was delivered, and what jobs say of themselves. */
export async function everythingSaid(world: FaultWorld): Promise<string> {
  const { store, workspace, replicas } = world;
  const said: string[] = [...replicas.output, JSON.stringify(workspace.messages(CHANNEL))];
  said.push(JSON.stringify([...workspace.state.views.values()]));
  for (const record of await store.read.audit(1, 100_000)) {
    said.push(JSON.stringify(record));
    for (const id of record.evidence) said.push((await store.read.evidence(id)) ?? '');
  }
  said.push(JSON.stringify(await store.sql('select promotion, message from meshgate.engine_attempt', [])));
  said.push(JSON.stringify(await store.sql('select name, data, output from meshgate_jobs.job', [])));
  await using target = world.target();
  for (const { version } of await target.history(1_000)) said.push(JSON.stringify(await target.readAt(version)));
  return said.join('\n');
}
