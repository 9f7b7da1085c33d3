import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PromotionId } from '../../pipeline/ids.ts';
import { NO_POSTGRESQL, type Postgresql, startPostgresql } from '../real/postgresql.ts';
import { mentionsIn, mrkdwnTextsIn, parseMrkdwn } from '../slack/mrkdwn.ts';
import { CHANNEL, type FaultWorld, startFaultWorld } from './fault-world.ts';
import { holds } from './invariants.ts';
import { databaseGone, everythingSaid, slackGone } from './outage-run.ts';

const DATABASE_PASSWORD = 'pw-of-the-database-4711';
const WITHIN_MS = 240_000;

describe.skipIf(NO_POSTGRESQL)('real processes on PostgreSQL', () => {
  let server: Postgresql;
  let world: FaultWorld;
  beforeAll(async () => {
    server = await startPostgresql();
    const databaseUrl = server.url.replace('//postgres@', `//postgres:${DATABASE_PASSWORD}@`);
    world = await startFaultWorld({ databaseUrl, workers: 1, bots: 1, serves: 1, spares: 0 });
    const { root } = await world.promote();
    await holds(world, root, 'promoted');
  }, WITHIN_MS);
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  test.each([
    ['verifying', 'worker after commit of fact planned'],
    ['pushing', 'worker after push forward'],
    ['observing', 'worker after commit of fact pushed'],
  ])(
    'the database gone for 5 s while %s: nothing lost, one push, one message, and it ends by itself',
    (_, point) => databaseGone(world, server, point, 5_000),
    WITHIN_MS,
  );

  test(
    'Slack gone from the push on: the promotion ends without it; its one message and its thread are right afterwards',
    () => slackGone(world),
    WITHIN_MS,
  );

  test(
    'text of a reason, a commit, its author and an Envoy’s refusal pings nobody, runs nothing and asks the database nothing',
    async () => {
      const pwned = join(world.dir, 'pwned');
      const hostile = `<!channel> <@U0OMAR> *b* \`c\` <https://evil.example|x> $(touch ${pwned}) \`touch ${pwned}\`; touch ${pwned} '); DROP SCHEMA meshgate CASCADE; --`;
      for (const node of world.nodes) node.words = hostile;
      const notified = world.workspace.notifications.length;
      const { root, end } = await world.promote({
        isRefused: true,
        reason: hostile,
        message: hostile,
        author: `Dan ${hostile}`,
      });
      expect(end).toBe('rolled back');
      await holds(world, root, 'rolled-back');
      const promotion = await world.store.read.promotion(world.idOf(root) as PromotionId);
      expect(promotion?.request.reason).toContain('<!channel>');
      const { state } = promotion ?? {};
      expect(JSON.stringify(state)).toContain('DROP SCHEMA');
      await expect(access(pwned)).rejects.toThrow('ENOENT');
      const messages = [root, ...world.workspace.thread(CHANNEL, root.ts)];
      const mentions = messages.flatMap(({ blocks }) => mentionsIn(mrkdwnTextsIn(blocks).flatMap(parseMrkdwn)));
      expect(mentions).toEqual([]);
      expect(world.workspace.notifications.slice(notified).map(({ because }) => because)).toEqual([]);
      await world.release();
    },
    WITHIN_MS,
  );

  test(
    'after all that, no password and no token is in a log, a message, the audit log, its evidence, a job or a target',
    async () => {
      const said = await everythingSaid(world);
      expect(said.length).toBeGreaterThan(20_000);
      // It was said what went wrong, without what must not be said.
      expect(said).toMatch(/the database does not answer|Connection terminated|ECONNREFUSED/);
      const { botToken, appToken, signingSecret } = world.workspace;
      for (const [name, secret] of Object.entries({ botToken, appToken, signingSecret, DATABASE_PASSWORD }))
        expect([name, said.includes(secret)]).toEqual([name, false]);
    },
    WITHIN_MS,
  );
});
