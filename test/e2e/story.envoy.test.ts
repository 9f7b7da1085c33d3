import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { startDemoWorld } from '../../cli/demo/demo-world.ts';
import { startPlay } from '../../cli/demo/play.ts';
import { tellStory } from '../../cli/demo/story.ts';
import { chooseLauncher, makeLauncher } from '../../conformance/launcher/choose-launcher.ts';
import type { EnvoyVersion } from '../../render/ids.ts';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';
import { centralDogmaMissing, startCentralDogma } from '../real/central-dogma.ts';
import { NO_POSTGRESQL, startPostgresql } from '../real/postgresql.ts';
import { isObject } from '../slack/model.ts';
import { type BoardReader, boardReader } from './board-reader.ts';

const ROOT = join(import.meta.dirname, '../..');
const MISSING = NO_POSTGRESQL ?? (await centralDogmaMissing());
const STAGES = ['beta', 'staging', 'canary', 'release'];
/** As told: five in beta, and so on. */
const PROMOTIONS = 5 + 2 + 2 + 1;

// Half of the demo's: each request is a connection, and they take a third of the CPU that the story takes.
const REQUESTS_PER_SECOND = 20;

/** `git` targets become folders of one Central Dogma repository, and as much less traffic is enough as there is. */
const intoDogma =
  (url: string) =>
  (meshYaml: string): string =>
    meshYaml
      .replaceAll(
        /target: \{ kind: git, repository: live\.git, branch: (\w+) \}/g,
        `target: { kind: central-dogma, url: "${url}", project: mesh, repository: live, path: /$1 }`,
      )
      .replace('min_requests: 20', 'min_requests: 12');

test.skipIf(MISSING)(
  `the story of the demo, on PostgreSQL and Central Dogma with three bots and two workers${MISSING ? ` (skipped: ${MISSING})` : ''}`,
  { timeout: 900_000 },
  async () => {
    const cacheDir = cacheDirOf(process.env);
    const releases = ['1.36.4', '1.40.0'].map((version) => ({ version: version as EnvoyVersion }));
    const { settings } = await chooseLauncher({ wish: 'process', releases, cacheDir });
    const dir = await mkdtemp(join(tmpdir(), 'meshgate story '));
    try {
      await using postgresql = await startPostgresql();
      await using dogma = await startCentralDogma(join(cacheDir, 'servers'));
      expect((await dogma.call('POST', '/projects', { name: 'mesh' })).status).toBe(201);
      expect((await dogma.call('POST', '/projects/mesh/repos', { name: 'live' })).status).toBe(201);
      const said: string[] = [];
      const env = { ...process.env, DATABASE_URL: await postgresql.database('story') };
      await using world = await startDemoWorld({
        dir,
        launcher: makeLauncher(settings),
        releases,
        env,
        bots: 3,
        workers: 2,
        requestsPerSecond: REQUESTS_PER_SECOND,
        adaptMesh: intoDogma(dogma.url),
        say: (line) => void said.push(line),
      });
      await using reader = await boardReader(world.boardUrl);
      const print = (line: string): void => void said.push(line);
      try {
        await tellStory(world, startPlay({ world, print, signal: new AbortController().signal }));
      } catch (fault) {
        throw new Error(`${said.slice(-60).join('\n')}`, { cause: fault });
      }

      // One message for each promotion, whichever of the three bots posted and edited it.
      const roots = world.workspace
        .messages('C0RELEASES')
        .filter(({ metadata, threadTs, ts }) => metadata !== undefined && (threadTs === undefined || threadTs === ts))
        .map(({ metadata }) => JSON.stringify(isObject(metadata) ? metadata.event_payload : metadata))
        .filter((payload) => payload.includes('live:'));
      expect(new Set(roots).size).toBe(roots.length);
      expect(roots).toHaveLength(PROMOTIONS);
      expect(world.workspace.warnings).toEqual([]);
      if (reader) await readsTheStory(reader);

      // What is delivered is what was promoted, and was pushed once each: forward for each that passed, back for the one that hurt.
      const history = await Promise.all(
        STAGES.map(
          async (stage) =>
            (await dogma.call('GET', `/projects/mesh/repos/live/commits/-1?to=2&path=/${stage}/**`)).body,
        ),
      );
      expect(history.map((commits) => (commits as readonly unknown[]).length)).toEqual([3, 2, 3, 1]);

      const mesh = (...args: string[]) =>
        execa(process.execPath, [join(ROOT, 'cli/main.ts'), ...args], { env, cwd: dir, reject: false });
      const audit = await mesh('audit', 'verify', '--data', world.dataDir);
      expect([audit.exitCode, audit.stderr]).toEqual([0, '']);
    } finally {
      await rm(dir, { recursive: true, force: true, maxRetries: 3 });
    }
  },
);

/** What was told in Slack can be read from the board alone. */
async function readsTheStory(reader: BoardReader): Promise<void> {
  await reader.seesLive('beta-5', 'staging-2', 'canary-2', 'release-1');
  await reader.reads('/promotions/release-1', 'promoted', 'grace', 'lin');
  await reader.reads('/promotions/beta-2', 'rejected', 'unknown-cluster', 'routes.yaml', 'catalogue');
  await reader.reads('/promotions/canary-2', 'rolled back', 'fleet-failures', 'payments');
  await reader.reads('/promotions/beta-4', 'rejected', 'panic-mode', 'endpoints/catalog.yaml');
  await reader.reads('/mesh/beta', 'catalog', 'payments');
  await reader.reads('/mesh/beta/services/catalog', '12');
  await reader.reads('/fleet', '1.36.4', '1.40.0', 'canary');
  await reader.reads('/history', 'release-1', 'canary-2');
  expect(reader.problems).toEqual([]);
}
