import { expect } from 'vitest';
import { randomFrom } from '../slack/faults.ts';
import type { FaultWorld } from './fault-world.ts';
import { holds } from './invariants.ts';

/** Steps that everything else follows from: facts of the log, cells, pushes, and what people read. */
const MAIN_STEPS =
  /^(worker (after commit of (fact|update engine_cell)|(before|after) push)|bot (after commit of fact|(before|after) chat\.postMessage of the root|after (chat|insert bot_inbox|commit of insert bot_note))|serve after insert fleet_)/;
/** A start is not a step of a promotion. */
const NO_STEP = /bot_migration|_cursor$|look-for|fleet_traffic|delete fleet|bot_signature|delete bot_inbox/;

/** On a busy machine. */
const LAST_STRIKES_MS = 2_000;

type Flow = 'promoted' | 'rolled-back';
const FLOWS: readonly Flow[] = ['promoted', 'rolled-back'];

export type KillRun = {
  readonly seed: number;
  readonly size: /** Half of the main steps of each kind once, which the seed tells; as many as fit into one promotion. */
    | { readonly kind: 'half' }
    /** Before and after every step, a few in each promotion, until there were so many kills. */
    | { readonly kind: 'long'; readonly kills: number; readonly perPromotion: number };
};
export type KillCounts = {
  readonly kills: number;
  readonly hosts: number;
  readonly promotions: number;
  readonly points: number;
};

/**
 * First lets promotions pass to see which points there are, then kills at them: whoever comes to an armed point first. After each
 * promotion everything holds that has to (`holds`).
 */
export async function killRun(world: FaultWorld, { seed, size }: KillRun): Promise<KillCounts> {
  const { replicas } = world;
  let promotions = 0;
  let came: readonly string[] = [];
  const pass = async (flow: Flow, points: readonly string[]): Promise<readonly string[]> => {
    replicas.seen.clear();
    replicas.arm(points);
    const { root, end } = await world.promote({ isRefused: flow === 'rolled-back' });
    // Others read a fact, and people of it, before who wrote it hears that it is written.
    await replicas.allStruck(LAST_STRIKES_MS);
    const left = replicas.disarm();
    came = [...replicas.seen].filter((point) => !NO_STEP.test(point));
    await replicas.ready();
    expect(end).toBe(flow === 'promoted' ? 'promoted' : 'rolled back');
    await holds(world, root, flow);
    promotions += 1;
    if (flow === 'rolled-back') await world.release();
    return left;
  };

  await pass('promoted', []);
  await pass('promoted', []);
  const going = came;
  await pass('rolled-back', []);
  const back = came;

  const random = randomFrom(seed);
  const struck = new Set<string>();
  const run = async (flow: Flow, points: readonly string[]): Promise<void> => {
    const left = await pass(flow, points);
    for (const point of points) if (!left.includes(point)) struck.add(point);
  };
  if (size.kind === 'half') {
    const chosen = halfOfEachKind(shuffled([...new Set([...going, ...back])].filter(isMain), random));
    const both = chosen.filter((point) => going.includes(point) && back.includes(point));
    const half = Math.ceil(both.length / 2);
    const wanted = {
      promoted: [...both.slice(0, half), ...chosen.filter((point) => !back.includes(point))],
      'rolled-back': [...both.slice(half), ...chosen.filter((point) => !going.includes(point))],
    };
    // What did not come up is asked for again: who comes to a point first is for the processes to settle.
    for (const flow of [...FLOWS, ...FLOWS, ...FLOWS]) {
      const due = wanted[flow].filter((point) => !struck.has(point));
      if (due.length > 0) await run(flow, due);
    }
    expect(FLOWS.flatMap((flow) => wanted[flow]).filter((point) => !struck.has(point))).toEqual([]);
  } else
    for (let turn = 0; replicas.kills.length < size.kills; turn += 1) {
      const flow = FLOWS[turn % FLOWS.length] ?? 'promoted';
      const points = shuffled(flow === 'promoted' ? going : back, random);
      // What was never struck comes first; who comes to a point first is for the processes to settle.
      const due = [...points.filter((point) => !struck.has(point)), ...points.filter((point) => struck.has(point))];
      await run(flow, due.slice(0, size.perPromotion));
    }
  const counts = {
    kills: replicas.kills.length,
    hosts: replicas.kills.filter(({ wasHost }) => wasHost).length,
    promotions,
    points: struck.size,
  };
  process.stdout.write(
    `kill -9 on ${world.store.kind}: ${counts.kills} kills (${rolesOf(world)}${counts.hosts > 0 ? `; ${counts.hosts} of them hosted the database` : ''}) at ${counts.points} of ${new Set([...going, ...back]).size} points in ${counts.promotions} promotions, seed ${seed}\n`,
  );
  return counts;
}

const isMain = (step: string): boolean => MAIN_STEPS.test(step);

/** Who does what: before or after it, and which fact or message it is, is left out. */
const kindOf = (point: string): string =>
  point.replace(/ (before|after) /, ' ').replace(/ fact .*| of the root| of a note/, '');

/** The first of each. */
const halfOfEachKind = (points: readonly string[]): readonly string[] =>
  [...Map.groupBy(points, kindOf).values()].flatMap((ofKind) => ofKind.slice(0, Math.ceil(ofKind.length / 2)));

const rolesOf = ({ replicas }: FaultWorld): string =>
  [...Map.groupBy(replicas.kills, ({ role }) => role)].map(([role, kills]) => `${role} ${kills.length}`).join(', ');

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((each) => ({ each, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ each }) => each);
}
