import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type DemoProcess, type DemoProcesses, demoProcesses } from '../../cli/demo/demo-processes.ts';
import { freePorts } from '../../cli/demo/free-ports.ts';
import { pollUntil } from '../../conformance/poll-until.ts';
import type { PromotionId, Revision } from '../../pipeline/ids.ts';
import type { StageName } from '../../render/ids.ts';
import { median } from '../measure.ts';
import { writeBenchMesh } from './bench-mesh.ts';
import { type Desk, openDesk } from './desk.ts';
import { watchLoad } from './load.ts';
import { type BenchPlace, makePlace } from './place.ts';
import { type BenchStore, onBothStores } from './stores.ts';

const ROUNDS = 3;
const STAGE = 'canary' as StageName;
const WITHIN_MS = 240_000;
const NEVER = new AbortController().signal;

/** From `kill -9` of the worker that is in the middle of a step until another worker is at that step. */
export const benchRecovery = (): Promise<void> => onBothStores(measureRecovery);

type Step = 'proving on an Envoy' | 'pushing to the target';

async function measureRecovery({ kind, env }: BenchStore): Promise<void> {
  const [edge = 0] = await freePorts(1);
  await using place = await makePlace(env);
  const push = await slowPushes(place);
  const observe = 'for: 1s, sample: 1s, ack_within: 1s, without_traffic: true';
  const mesh = await writeBenchMesh(place.configDir, [{ name: STAGE, port: edge }], observe);
  const onUnexpectedEnd = (name: string, lines: string): void => console.error(`${name} ended by itself:\n${lines}`);
  await using processes = demoProcesses({
    cwd: place.dir,
    logDir: join(place.dir, 'logs'),
    env: { ...place.env, ...push.env },
    onUnexpectedEnd,
  });
  const workers = workersOf(processes, place.placeArgs);
  await workers.start();
  await workers.start();
  const load = watchLoad();
  const taken: Record<Step, { readonly ms: number; readonly hosted: boolean }[]> = {
    'proving on an Envoy': [],
    'pushing to the target': [],
  };
  for (let round = 0; round < 2 * ROUNDS; round += 1) {
    // Each store has configs of its own: what was proved for the other is recalled, and no Envoy would start.
    const step: Step = round % 2 === 0 ? 'proving on an Envoy' : 'pushing to the target';
    const revision = (await mesh.change(1_100 + 100 * round + (kind === 'embedded' ? 0 : 50))) as Revision;
    const at = step === 'proving on an Envoy' ? async () => parentsOfEnvoys(workers.pids()) : push.at;
    await push.reset();
    const began = pollUntil(`a worker ${step}`, WITHIN_MS, NEVER, async () => (await at())[0]);
    const asked = asking(place, (desk) => desk.does('ada', { kind: 'promote', stage: STAGE, revision, reason: '' }));
    // It may be at it before the question is answered and the store closed again.
    const victim = await began;
    const hosted = kind === 'embedded' && victim === workers.pids()[0];
    const killedAt = performance.now();
    const killed = workers.kill(victim);
    await pollUntil(`another worker ${step}`, WITHIN_MS, NEVER, async () => (await at()).find((pid) => pid !== victim));
    taken[step].push({ ms: performance.now() - killedAt, hosted });
    const id = await asked;
    await killed;
    await ended(place, id);
    await workers.start();
  }
  console.log(`${kind}: a worker of two killed with SIGKILL in the middle of a step; ${load()}`);
  for (const [step, all] of Object.entries(taken)) {
    const each = all.map(({ ms, hosted }) => `${ms.toFixed(0)}${hosted ? ' (it hosted the store)' : ''}`);
    const times = all.map(({ ms }) => ms);
    const met = Math.max(...times) < 5_000;
    console.log(
      `  ${step}: another is at it after ${each.join(', ')} ms; median ${median(times).toFixed(0)} ms (target < 5000: ${met ? 'met' : 'missed'})`,
    );
  }
}

/** The store is open only for as long as somebody asks: this process must not be the one that hosts it. */
async function asking<T>(place: BenchPlace, ask: (desk: Desk) => Promise<T>): Promise<T> {
  await using desk = await openDesk(place);
  return await ask(desk);
}

/** There is no fleet: nobody could tell, and a person takes it. */
async function ended(place: BenchPlace, id: PromotionId): Promise<void> {
  await asking(place, async (desk) => {
    const { state } = await desk.becomes(id, 'undecided', 'promoted');
    if (state.kind === 'promoted') return;
    await desk.does('grace', { kind: 'approve', promotion: id, binding: undefined, reason: 'there is no fleet' });
    await desk.becomes(id, 'promoted');
  });
}

function workersOf(processes: DemoProcesses, placeArgs: readonly string[]) {
  const running: DemoProcess[] = [];
  let count = 0;
  return {
    /** The oldest first: of those it hosts an embedded store. */
    pids: (): readonly number[] => running.map(({ pid }) => pid),
    async start(): Promise<void> {
      count += 1;
      const started = processes.start(`worker-${count}`, ['worker', ...placeArgs, '--launcher', 'process']);
      await started.said('worker:', WITHIN_MS);
      running.push(started);
    },
    async kill(pid: number): Promise<void> {
      const [victim] = running.splice(
        running.findIndex((each) => each.pid === pid),
        1,
      );
      await victim?.kill();
    },
  };
}

/** A `git` for workers that takes 4 s to move a branch, and notes whose child it is. */
async function slowPushes({ dir, env }: BenchPlace) {
  const bin = join(dir, 'bin');
  const notes = join(dir, 'pushes');
  await mkdir(bin);
  const real = (env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'git'));
  const git = real.find((file) => readable(file)) ?? 'git';
  const script = `#!/bin/sh
case " $* " in *" update-ref "*) echo $PPID >> '${notes}'; sleep 4 ;; esac
exec '${git}' "$@"
`;
  await writeFile(join(bin, 'git'), script);
  await chmod(join(bin, 'git'), 0o755);
  return {
    env: { PATH: `${bin}${delimiter}${env.PATH ?? ''}` },
    reset: () => writeFile(notes, ''),
    at: async (): Promise<readonly number[]> => (await readFile(notes, 'utf8')).split('\n').filter(Boolean).map(Number),
  };
}

function readable(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}

/** Which of these processes have an Envoy below them. */
function parentsOfEnvoys(pids: readonly number[]): readonly number[] {
  const parents = new Map<number, { readonly parent: number; readonly name: string }>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const found = /^\d+ \((?<name>.*)\) \S (?<parent>\d+)/s.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.groups;
      if (found) parents.set(Number(name), { parent: Number(found.parent), name: found.name ?? '' });
    } catch {
      // it ended meanwhile
    }
  }
  const above = (pid: number): number | undefined => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)?.parent)
      if (pids.includes(at)) return at;
    return undefined;
  };
  const found = [...parents].flatMap(([pid, { name }]) => (/envoy/.test(name) ? (above(pid) ?? []) : []));
  return [...new Set(found)];
}
