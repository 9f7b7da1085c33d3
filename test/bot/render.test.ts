import { expect, test } from 'vitest';
import { outcomeNote } from '../../bot/live/note.ts';
import { decisionsIn } from '../../bot/render/buttons.ts';
import { liveMessage } from '../../bot/render/live-message.ts';
import { outcomeMessage } from '../../bot/render/note-message.ts';
import { signOf } from '../../bot/render/state-words.ts';
import type { PromotionId } from '../../pipeline/ids.ts';
import { isTerminal, type StateKind, TERMINAL_STATES } from '../../pipeline/promotion/promotion.ts';
import { ADA, plan, promotionAfter, promotionIn, requested, SYSTEM, verdict, WAYS } from './facts.ts';
import { link, names, viewOf } from './live-view.ts';

const STATES = Object.keys(WAYS) as StateKind[];
const words = (value: unknown): string => JSON.stringify(value);

test.each(STATES)('%s: names stage, revision and state in words, and has the buttons that the state allows', (kind) => {
  const promotion = promotionIn(kind);
  const message = liveMessage(viewOf(promotion));
  expect(words(message.blocks)).toContain(`*${signOf(kind).words}*`);
  expect(words(message.blocks)).toContain('canary');
  expect(words(message.blocks)).toContain('aaaaaaaaaaaa');
  expect(message.text).toContain(signOf(kind).words);
  const actions = message.blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []));
  expect(actions.map((each) => ('action_id' in each ? each.action_id : ''))).toEqual(
    decisionsIn(promotion, false).map((decision) => `mesh_${decision}`),
  );
  if (isTerminal(promotion.state)) expect(actions).toEqual([]);
  else if (kind !== 'rolling-back') expect(actions.length).toBeGreaterThan(0);
  expect(message).toMatchSnapshot();
});

test('what is live can be rolled back from its message, what is not cannot', () => {
  expect(decisionsIn(promotionIn('promoted'), true)).toEqual(['rollback']);
  expect(decisionsIn(promotionIn('promoted'), false)).toEqual([]);
});

test('a first delivery has no button to take it back; where nobody could tell, a no to it', () => {
  const first = (kind: StateKind) => {
    const promotion = promotionIn(kind);
    const { state } = promotion;
    if (!('plan' in state)) throw new Error(kind);
    const base = { ...state.plan.base, digest: undefined };
    return decisionsIn({ ...promotion, state: { ...state, plan: { ...state.plan, base } } as never }, false);
  };
  expect(first('observing')).toEqual([]);
  expect(first('undecided')).toEqual(['approve', 'reject']);
  expect(decisionsIn(promotionIn('undecided'), false)).toEqual(['approve', 'rollback']);
});

test('a confirm dialog names stage, digest and blast radius', () => {
  const message = words(liveMessage(viewOf(promotionIn('gating'))));
  expect(message).toContain('Lets d1d1d1d1d1d1 in stage canary. Blast radius: all traffic of payments');
});

test.each(TERMINAL_STATES)('%s is told to the channel, once', (kind) => {
  const note = outcomeNote(promotionIn(kind));
  expect(note).toEqual({ key: 'outcome:canary-17', subject: 'canary-17', note: { kind: 'outcome' } });
  expect(words(outcomeMessage(promotionIn(kind), { names, link }))).toContain(signOf(kind).words);
});
test('and nothing else is', () => {
  const open = STATES.filter((kind) => !isTerminal({ kind }));
  expect(open.map((kind) => outcomeNote(promotionIn(kind)))).toEqual(open.map(() => undefined));
});

test('people, systems and ids of a message are those of its promotion', () => {
  const by = liveMessage(viewOf(promotionAfter([requested('r', SYSTEM)])));
  expect(words(by)).toContain('meshgate (pipeline)');
  expect(words(liveMessage(viewOf(promotionAfter([requested('r', ADA)], 'canary-9' as PromotionId))))).toContain(
    'canary-9',
  );
  expect(plan().digest).toBe(verdict().digest);
});
