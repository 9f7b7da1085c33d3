import { expect, test } from 'vitest';
import { judgeGates } from '../../../pipeline/gates/gates.ts';
import { deadlineOf } from '../../../pipeline/promotion/deadlines.ts';
import { explain } from '../../../pipeline/promotion/explain.ts';
import { IllegalEvent, nextPromotion } from '../../../pipeline/promotion/next-promotion.ts';
import { isTerminal, type Promotion, TERMINAL_STATES } from '../../../pipeline/promotion/promotion.ts';
import { EVENTS, STATES } from '../promotion/states.ts';
import { ACTS } from './acts.ts';
import { type Random, randomFrom } from './random.ts';
import { factsOf, newWorld, type World } from './world.ts';

const SEQUENCES = 10_000;
const FIRST_SEED = 20_260_101;
const STEPS = 50;
const NAMES = Object.entries(ACTS).flatMap(([name, { weight }]) => Array.from({ length: weight }, () => name));

type Seen = { readonly states: Set<string>; pushes: number; approvedPushes: number; events: number; refused: number };

/** One world from one seed: random acts, and after each of them what must always hold. */
function run(seed: number, seen: Seen): void {
  const random = randomFrom(seed);
  const world = newWorld(Date.parse('2026-11-16T08:00:00Z') + random.below(7 * 24) * 3_600_000);
  for (let step = 0; step < STEPS; step += 1) {
    const open = world.promotions.filter(({ state }) => !isTerminal(state));
    const chosen = open.length > 0 ? random.pick(open) : undefined;
    const act = chosen ? random.pick(NAMES) : 'request';
    if (act === 'request' && open.length >= 3) continue;
    const before = [...world.promotions];
    try {
      ACTS[act]?.act(world, random, chosen);
      seen.events += 1;
    } catch (error) {
      // A watchdog's event must be taken; people's may come too late.
      if (!(error instanceof IllegalEvent) || act === 'watchdog')
        throw new Error(`seed ${seed}, step ${step}, ${act}: ${String(error)}`, { cause: error });
      seen.refused += 1;
    }
    for (const promotion of world.promotions) {
      if (before.includes(promotion)) continue;
      seen.states.add(promotion.state.kind);
      const was = before.find(({ id }) => id === promotion.id);
      const problem = problemOf(world, promotion, was, random);
      if (problem !== undefined) throw new Error(`seed ${seed}, step ${step}, ${act}: ${problem}`);
    }
  }
  seen.pushes += world.pushes;
  seen.approvedPushes += world.approvedPushes;
}

function problemOf(world: World, promotion: Promotion, was: Promotion | undefined, random: Random): string | undefined {
  const { id, state, request } = promotion;
  if (was && isTerminal(was.state)) return `${id} changed after its end`;
  if (request.purpose === 'rollback' && state.kind === 'rolling-back' && state.by.kind !== 'person')
    return `${id}, a rollback, is rolled back by ${JSON.stringify(state.by)}`;
  const facts = factsOf(world, promotion);
  const deadline = deadlineOf(promotion, facts.policy);
  if (isTerminal(state)) {
    if (!random.chance(0.2)) return deadline ? `${id} has ended as ${state.kind} and has a deadline` : undefined;
    const taken = Object.values(EVENTS).filter((event) => takes(promotion, event, world.now));
    return taken.length > 0 ? `${id} has ended as ${state.kind} and takes ${taken[0]?.kind}` : undefined;
  }
  if (!deadline) return `${id} is ${state.kind} without a deadline`;
  if (!takes(promotion, EVENTS[deadline.event], deadline.atEpochMs)) return `${id}: no exit from ${state.kind}`;
  if (!random.chance(0.1)) return undefined;
  const why = explain(promotion, judgeGates(facts), facts.policy, world.now);
  const isWhole = why && why.owners.length > 0 && why.reasons.length > 0 && why.waysOut.length > 0;
  return isWhole ? undefined : `${id} is ${state.kind}, and nobody can say why`;
}

function takes(promotion: Promotion, event: (typeof EVENTS)[keyof typeof EVENTS], atEpochMs: number): boolean {
  try {
    nextPromotion(promotion, event, atEpochMs);
    return true;
  } catch (error) {
    if (error instanceof IllegalEvent) return false;
    throw error;
  }
}

test(`${SEQUENCES} random orders of events: nothing is pushed that may not be, nothing is stuck`, {
  timeout: 300_000,
}, () => {
  // Refusals are thrown by the hundred thousand, and nobody reads where from.
  Error.stackTraceLimit = 0;
  const seen: Seen = { states: new Set(), pushes: 0, approvedPushes: 0, events: 0, refused: 0 };
  for (let sequence = 0; sequence < SEQUENCES; sequence += 1) run(FIRST_SEED + sequence, seen);
  process.stdout.write(
    `model: ${SEQUENCES} sequences, ${seen.events} events, ${seen.refused} refused, ${seen.pushes} pushes (${seen.approvedPushes} on approvals), ${seen.states.size} states\n`,
  );
  // A model in which nothing happens proves nothing.
  const reachable = Object.keys(STATES).filter((kind) => kind !== 'queued');
  expect(reachable.filter((kind) => !seen.states.has(kind))).toEqual([]);
  expect(seen.pushes).toBeGreaterThan(SEQUENCES / 2);
  expect(seen.approvedPushes).toBeGreaterThan(SEQUENCES / 100);
  expect(TERMINAL_STATES.every((kind) => seen.states.has(kind))).toBe(true);
});
