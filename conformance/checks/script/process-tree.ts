import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Set in the environment of each script with a value of its own, so that descendants are found wherever they went. */
export const MARKER_VARIABLE = 'MESH_SCRIPT_RUN';

function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false; // gone, or never ours
  }
}

/** Process groups, sessions and the zombie state, from the fields after the name in `/proc/PID/stat` (proc(5)). */
function parseStat(stat: string): {
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
} {
  const [state = '', parent = '', group = '', session = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state, parent: Number(parent), group: Number(group), session: Number(session) };
}

/**
 * Living processes that came of a script: of its process group or session, or with its marker in their environment (those that
 * called setsid, or whose parents are gone), or children of such. What empties its environment, takes a session of its own and
 * outlives its parent is not found. Where there is no `/proc`, the process group is all that can be seen and ended.
 * Zombies do not count: they hold nothing, and who reaps them is not ours to say.
 */
async function descendants(leader: number, marker: string): Promise<readonly number[]> {
  const entries = await readdir('/proc').catch(() => undefined);
  if (!entries) return signalProcess(-leader, 0) ? [-leader] : [];
  const parents = new Map<number, number>();
  const ours = new Set([leader]);
  await Promise.all(
    entries
      .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
      .map(async (entry) => {
        const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
        if (stat === '') return;
        const { state, parent, group, session } = parseStat(stat);
        if (state === 'Z' || state === 'X') return;
        parents.set(Number(entry), parent);
        const isNear = group === leader || session === leader;
        const environment = isNear ? '' : await readFile(`/proc/${entry}/environ`, 'latin1').catch(() => '');
        if (isNear || environment.includes(`${MARKER_VARIABLE}=${marker}`)) ours.add(Number(entry));
      }),
  );
  // Children of theirs that emptied their environment are found by their parents, as long as those live.
  for (let size = 0; size !== ours.size; ) {
    size = ours.size;
    for (const [pid, parent] of parents) if (ours.has(parent)) ours.add(pid);
  }
  return [...ours].filter((pid) => parents.has(pid));
}

/** Gives whether anything was left to signal. */
async function signalAll(leader: number, marker: string, signal: NodeJS.Signals): Promise<boolean> {
  // Looked for while the leader lives: a child that emptied its environment is known by its parent alone.
  const alive = await descendants(leader, marker);
  // The group in one call: whoever is forked between two looks at /proc is in it.
  signalProcess(-leader, signal);
  for (const pid of alive) signalProcess(pid, signal);
  return alive.length > 0;
}

/**
 * Ends everything that came of a script: SIGTERM, `graceMs` to tidy up, then SIGKILL until nothing of it is left. Resolves with
 * whether anything was left to end.
 */
export async function endProcessTree(leader: number, marker: string, graceMs: number): Promise<boolean> {
  const before = await descendants(leader, marker);
  if (before.length === 0) return false;
  for (const pid of before) signalProcess(pid, 'SIGTERM');
  signalProcess(-leader, 'SIGTERM');
  for (const killAt = performance.now() + graceMs; performance.now() < killAt; await sleep(20)) {
    if ((await descendants(leader, marker)).length === 0) return true;
  }
  // Rounds, for what is forked outside of the group between two looks is only seen at the next.
  for (let round = 0; round < 50 && (await signalAll(leader, marker, 'SIGKILL')); round += 1) await sleep(10);
  return true;
}
