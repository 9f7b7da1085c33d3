import { describe, expect, test } from 'vitest';
import { nextLine, nextStage } from '../../../pipeline/stage/next-stage.ts';
import { emptyStage, KEPT_LANDINGS, openLine, type StageRecord } from '../../../pipeline/stage/stage-record.ts';
import { CANARY, digest, landedWith, person, T0 } from '../some-promotion.ts';

const land = (stage: StageRecord, n: number, purpose: 'promote' | 'rollback' = 'promote'): StageRecord =>
  nextStage(stage, { kind: 'landed', landed: landedWith(n, T0 + n), purpose }, T0 + n);
const digestsOf = ({ live, past }: StageRecord) => [live?.digest, ...past.map((landed) => landed.digest)];
const EMPTY = emptyStage(CANARY);
const by = person('ada');

describe('landings', () => {
  const three = [1, 2, 3].reduce((stage, n) => land(stage, n), EMPTY);
  test('newest first, without the live one', () => {
    expect(digestsOf(three)).toEqual([digest(3), digest(2), digest(1)]);
    expect(three.version).toBe(3);
  });
  test('what was rolled away from is no place to roll back to', () => {
    expect(digestsOf(land(three, 1, 'rollback'))).toEqual([digest(1)]);
    expect(digestsOf(land(three, 2, 'rollback'))).toEqual([digest(2), digest(1)]);
  });
  test('the same bytes once more are none either', () => {
    expect(digestsOf(land(three, 3))).toEqual([digest(3), digest(2), digest(1)]);
    // promoted forward to what was before, everything in between stays a place to go
    expect(digestsOf(land(three, 2))).toEqual([digest(2), digest(3), digest(2), digest(1)]);
  });
  test('a bounded number is kept', () => {
    const many = Array.from({ length: KEPT_LANDINGS + 9 }, (_, n) => n % 9).reduce((stage, n) => land(stage, n), EMPTY);
    expect(many.past).toHaveLength(KEPT_LANDINGS);
  });
  test('end drift', () => {
    const drift = { kind: 'served', want: undefined, saw: 'x', targetVersion: undefined } as const;
    const drifted = nextStage(EMPTY, { kind: 'drift-found', drift }, T0);
    expect(drifted.drift).toEqual({ ...drift, sinceEpochMs: T0 });
    expect(land(drifted, 1).drift).toBeUndefined();
  });
});

test('the first reason of a hold stands, and its end is kept for the soak', () => {
  const held = nextStage(EMPTY, { kind: 'held', reason: 'first', promotion: undefined }, T0);
  const again = nextStage(held, { kind: 'held', reason: 'second', promotion: undefined }, T0 + 1);
  expect(again.hold).toEqual({ reason: 'first', promotion: undefined, sinceEpochMs: T0 });
  const released = nextStage(again, { kind: 'released', by, reason: 'r' }, T0 + 2);
  expect([released.hold, released.disturbedEpochMs]).toEqual([undefined, T0 + 2]);
  const ended = nextStage(released, { kind: 'drift-ended', how: 'gone', by: undefined }, T0 + 3);
  expect(ended.disturbedEpochMs).toBe(T0 + 3);
});

test('that nobody can tell what the target has is not forgotten until something lands', () => {
  const held = (stage: StageRecord, cause: 'rolled-back' | 'unsettled', reason: string) =>
    nextStage(stage, { kind: 'held', cause, reason, promotion: undefined }, T0);
  const unsettled = held(held(EMPTY, 'rolled-back', 'first'), 'unsettled', 'second');
  expect(unsettled.hold).toMatchObject({ reason: 'first', cause: 'unsettled' });
  expect(held(unsettled, 'rolled-back', 'third').hold).toMatchObject({ cause: 'unsettled' });
  expect(land(unsettled, 1, 'rollback').hold).toMatchObject({ reason: 'first', cause: 'rolled-back' });
});

test('freezing and numbering', () => {
  const frozen = nextStage(EMPTY, { kind: 'frozen', by, reason: 'r' }, T0);
  expect(frozen.freeze).toEqual({ by, reason: 'r', sinceEpochMs: T0 });
  expect(nextStage(frozen, { kind: 'unfrozen', by, reason: 'r' }, T0).freeze).toBeUndefined();
  expect(nextStage(EMPTY, { kind: 'numbered', counter: 7 }, T0).counter).toBe(7);
});

test('the line: the first to stop it stands until somebody lets it go', () => {
  const stopped = nextLine(openLine, { kind: 'stopped', by, reason: 'first' }, T0);
  const again = nextLine(stopped, { kind: 'stopped', by: person('bo'), reason: 'second' }, T0 + 1);
  expect(again).toEqual({ version: 2, stopped: { by, reason: 'first', sinceEpochMs: T0 } });
  expect(nextLine(again, { kind: 'resumed', by, reason: 'r' }, T0 + 2)).toEqual({ version: 3, stopped: undefined });
});
