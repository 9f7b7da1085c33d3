import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { freePorts } from '../../cli/demo/free-ports.ts';
import { pollUntil } from '../../conformance/poll-until.ts';
import { CAST_CHANNELS } from '../../test/slack/cast.ts';
import { startWorkspace, type Workspace } from '../../test/slack/workspace.ts';
import { MESH } from '../mesh-command.ts';
import { writeBenchMesh } from './bench-mesh.ts';
import { percentile, watchLoad } from './load.ts';
import { makePlace } from './place.ts';
import { type BenchStore, onBothStores } from './stores.ts';

const COMMANDS = 200;
const ROUNDS = 3;
const CHANNEL = CAST_CHANNELS[0]?.id ?? '';
const PEOPLE = ['U0ADA', 'U0GRACE', 'U0LIN', 'U0OMAR'];
const TEXTS = ['status', 'why', 'history', 'help', 'freeze beta because 200 at once', 'unfreeze beta'];
const WITHIN_MS = 120_000;
const TARGET_MS = 500;

/** How soon 200 slash commands that come at once are acknowledged, alone and while a matrix runs on the same cores. */
export const benchBotAcks = (): Promise<void> =>
  onBothStores(async (store) => {
    for (const mode of ['http', 'socket'] as const) await measureMode(store, mode);
  });

async function measureMode({ kind, env }: BenchStore, mode: 'http' | 'socket'): Promise<void> {
  const [edge = 0, botPort = 0] = await freePorts(2);
  // Slack's limits on calls are the workspace's own business; here it is a fast one.
  await using workspace = await startWorkspace({ rateSpeed: 0 });
  await using place = await makePlace({
    ...env,
    SLACK_BOT_TOKEN: workspace.botToken,
    SLACK_APP_TOKEN: workspace.appToken,
    SLACK_SIGNING_SECRET: workspace.signingSecret,
    SLACK_API_URL: workspace.apiUrl,
  });
  await writeBenchMesh(place.configDir, [{ name: 'beta', port: edge }], 'for: 1s');
  // The worker comes first, so it hosts the embedded store.
  await place.processes.start('worker', ['worker', ...place.placeArgs]).said('worker:', WITHIN_MS);
  const bot = place.processes.start('bot', [
    'bot',
    ...place.placeArgs,
    ...['--mode', mode, '--listen', `127.0.0.1:${botPort}`],
  ]);
  await bot.said('bot: ', WITHIN_MS);
  if (mode === 'http') workspace.useRequestUrl(`http://127.0.0.1:${botPort}/slack/events`);
  // Code is loaded and caches are filled: a bot that has just been started is not what is measured.
  await pollUntil('acknowledgements of the first commands', WITHIN_MS, new AbortController().signal, async () =>
    (await burst(workspace, 20)).times.length === 20 ? true : undefined,
  );
  const name = `${kind}, ${mode}`;
  await rounds(`${name}, no matrix`, workspace);
  const matrix = execa(MESH, ['verify', '--no-cache'], {
    reject: false,
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'ignore',
  });
  let isRunning = true;
  void matrix.then(() => {
    isRunning = false;
  });
  try {
    await sleep(4_000); // its first Envoys are up
    await rounds(`${name}, while \`mesh verify --no-cache\` of the sample runs`, workspace);
    console.log(`  ${isRunning ? 'the matrix was still running at the end' : 'THE MATRIX ENDED BEFORE'}`);
  } finally {
    matrix.kill('SIGTERM');
    await matrix;
  }
}

async function rounds(name: string, workspace: Workspace): Promise<void> {
  const load = watchLoad();
  // The workspace runs in this process: what it was kept waiting itself is in every figure.
  const own = monitorEventLoopDelay({ resolution: 5 });
  own.enable();
  const all: number[] = [];
  const p99s: number[] = [];
  const failures = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const { times, errors } = await burst(workspace, COMMANDS);
    all.push(...times);
    p99s.push(times.length === COMMANDS ? percentile(times, 0.99) : Number.NaN);
    for (const error of errors) failures.add(error);
    await sleep(1_000);
  }
  own.disable();
  const [p50, p99] = [percentile(all, 0.5), percentile(all, 0.99)];
  const isMet = p99 < TARGET_MS && all.length === ROUNDS * COMMANDS;
  console.log(
    `${name}: ${all.length} of ${ROUNDS * COMMANDS} acknowledged${failures.size > 0 ? ` (${[...failures].join(', ')})` : ''}, p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms (target < ${TARGET_MS}: ${isMet ? 'met' : 'missed'}); p99 of each ${COMMANDS}: ${p99s.map((ms) => ms.toFixed(0)).join(', ')} ms; the workspace itself was kept waiting up to ${(own.max / 1e6).toFixed(0)} ms; ${load()}`,
  );
}

/** All at once. Resolves with how long each acknowledgement took, and why others did not come (Slack waits 3 s). */
async function burst(
  workspace: Workspace,
  count: number,
): Promise<{ readonly times: readonly number[]; readonly errors: readonly string[] }> {
  const times: number[] = [];
  const errors: string[] = [];
  await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const began = performance.now();
      const person = workspace.as(PEOPLE[index % PEOPLE.length] ?? '');
      const outcome = await person.command('/mesh', TEXTS[index % TEXTS.length] ?? '', CHANNEL);
      // An answer in words says that nothing was stored.
      if (outcome.kind === 'delivered' && outcome.response === undefined) times.push(performance.now() - began);
      else
        errors.push(
          outcome.kind === 'failed' ? outcome.error : outcome.kind === 'delivered' ? 'not stored' : outcome.kind,
        );
    }),
  );
  return { times, errors };
}
