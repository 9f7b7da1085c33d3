// One process of Meshgate, wired as `mesh worker`, `mesh bot` and `mesh serve` wire theirs, that stands still at each step that it makes
// last, until the test that started it lets it go on or kills it.
import { flushCompileCache } from 'node:module';
import { startBot } from '../../../bot/bot.ts';
import { engineSide } from '../../../bot/engine-side.ts';
import { redacting } from '../../../bot/log.ts';
import { DEFAULT_TIMING } from '../../../bot/settings.ts';
import { lateSlackPeople } from '../../../bot/slack/late-slack-people.ts';
import { slackClient } from '../../../bot/slack/slack-client.ts';
import { startStageServer } from '../../../controlplane/serve/stage-server.ts';
import { driftFinder } from '../../../pipeline/drift/find-drift.ts';
import { beginLooking, jobHandlers } from '../../../pipeline/engine/job-handlers.ts';
import type { EnginePorts } from '../../../pipeline/engine/ports.ts';
import { gitSource } from '../../../pipeline/engine/source/git-source.ts';
import { readRevisions } from '../../../pipeline/engine/source/read-revisions.ts';
import { lateFleetStore } from '../../../pipeline/observe/late-fleet-store.ts';
import { storeFleetSink } from '../../../pipeline/observe/store-fleet-sink.ts';
import { storeFleetView } from '../../../pipeline/observe/store-fleet-view.ts';
import { targetSource } from '../../../pipeline/observe/target-source.ts';
import { startJobs } from '../../../pipeline/store/jobs/start-jobs.ts';
import { type OpenStore, openStore } from '../../../pipeline/store/open-store.ts';
import { StoreError } from '../../../pipeline/store/store-error.ts';
import { gitTarget } from '../../../pipeline/targets/git-target.ts';
import type { StageName } from '../../../render/ids.ts';
import { observeAcks } from './observe-acks.ts';
import { pointedStore, pointedTarget, pointSlack } from './points.ts';
import { type FromProcess, type Part, STORE_WAS_GONE, type ToProcess } from './protocol.ts';

const tell = (message: FromProcess): void => void process.send?.(message);
const standing = new Map<number, () => void>();
let points = 0;
const at = (point: string): Promise<void> =>
  new Promise((go) => {
    points += 1;
    standing.set(points, go);
    tell({ kind: 'at', at: points, point });
  });
let offMs = 0;
const clock = { nowEpochMs: () => Date.now() + offMs };
const log = redacting((level, message) => process.stderr.write(`bot ${level}: ${message}\n`));

const open = async (part: Part): Promise<OpenStore> =>
  pointedStore(await openStore(part.location, { clock, toolVersion: 'test' }), at);
const targetOf = (part: Part) =>
  gitTarget({ repository: 'live.git', branch: part.stage, baseDir: part.targets, scratchDir: part.targets });

function portsOf(part: Part, store: OpenStore, slack: EnginePorts['slack']): EnginePorts {
  const source = gitSource({ dir: part.config, branch: 'main', remote: undefined });
  const revisions = readRevisions({
    source,
    defaultEnvoyVersions: ['1.40.0'],
    jsonnet: async () => ({ kind: 'failed', cause: 'error', message: 'no jsonnet here' }),
  });
  const fleet = storeFleetView(store, clock.nowEpochMs);
  return {
    store,
    clock,
    source,
    revisions,
    openTarget: async () => pointedTarget(targetOf(part), at),
    async prove({ revision, stage, envoy }, signal) {
      const rendered = await revisions.stage(revision, stage, undefined, signal);
      const digest = rendered?.snapshot?.digest;
      return {
        verdict: 'pass',
        digest,
        cached: false,
        basis: `${envoy} ${digest}`,
        findings: [],
        message: undefined,
        report: JSON.stringify({ id: `${stage}@${envoy}`, digest }),
      };
    },
    observe: observeAcks(fleet),
    findDrift: driftFinder(fleet),
    slack,
  };
}

async function beWorker(part: Part): Promise<void> {
  const store = await open(part);
  const ports = portsOf(part, store, undefined);
  await beginLooking(ports);
  await startJobs(store, jobHandlers(ports), {
    concurrency: { advance: 8, cell: 2, 'look-for-drift': 2, 'look-for-revisions': 1 },
    onFault: (fault, job) => process.stderr.write(`worker: ${job?.kind ?? 'the store'}: ${String(fault)}\n`),
  });
}

async function beBot(part: Part): Promise<void> {
  pointSlack(at);
  const { botToken, appToken, apiUrl } = part.slack;
  const store = await open(part);
  const slack = lateSlackPeople(slackClient(botToken, { apiUrl, callMs: DEFAULT_TIMING.callMs, log }));
  const ports = portsOf(part, store, slack);
  await startBot({
    settings: {
      channel: 'mesh-releases',
      command: '/mesh',
      boardUrl: undefined,
      sourceUrl: undefined,
      // As in an installation, only sooner.
      timing: {
        ...DEFAULT_TIMING,
        editEveryMs: 200,
        tickMs: 150,
        leaseMs: 1_500,
        callMs: 1_000,
        graceMs: 200,
        backoffMs: 100,
      },
    },
    transport: { kind: 'socket', appToken },
    botToken,
    apiUrl,
    store,
    ...engineSide(ports, slack),
    clock,
    replica: `${part.name}/${process.pid}`,
    log,
  });
}

async function serve(part: Part): Promise<void> {
  const stage = part.stage as StageName;
  await startStageServer({
    stage,
    node: {},
    host: '127.0.0.1',
    port: part.port,
    source: targetSource(targetOf(part), stage),
    sink: storeFleetSink(lateFleetStore(() => open(part))),
    sampleMs: 1_000,
    nowEpochMs: clock.nowEpochMs,
    say: (line) => process.stderr.write(`serve: ${line}\n`),
  });
}

// Whoever is killed cannot leave it to the next one as it ends.
flushCompileCache();

const BE = { worker: beWorker, bot: beBot, serve };

process.on('message', (message: ToProcess) => {
  if (message.kind === 'go') {
    standing.get(message.at)?.();
    standing.delete(message.at);
  } else if (message.kind === 'clock') offMs = message.offMs;
  else
    BE[message.part.role](message.part).then(
      () => tell({ kind: 'ready' }),
      (error: unknown) => {
        process.stderr.write(`${message.part.name}: ${String(error)}\n`);
        process.exit(error instanceof StoreError ? STORE_WAS_GONE : 1);
      },
    );
});
// Nobody is left behind by a test that was killed itself.
process.on('disconnect', () => process.exit(2));
