import { expect, test } from 'vitest';
import { Pending } from '../../board/live/pending.ts';
import { positionOf, positionText } from '../../board/live/positions.ts';
import type { PromotionId } from '../../pipeline/ids.ts';
import type { StageName } from '../../render/ids.ts';

const promotion = (number: number) =>
  ({ kind: 'promotion', promotion: `beta-${number}` as PromotionId, stage: 'beta' as StageName }) as const;
const at = (audit: number) => ({ audit, progress: 0 });

test('what a reader has not been sent is each thing once, the newest last, and bounded', () => {
  const pending = new Pending(at(1));
  expect(pending.isEmpty).toBe(true);
  pending.add([promotion(1), promotion(2), promotion(1)], at(4));
  expect(pending.take()).toEqual({ kind: 'change', changes: [promotion(2), promotion(1)], position: at(4) });
  expect(pending.isEmpty).toBe(true);
  for (let number = 0; number < 10_000; number++) pending.add([promotion(number)], at(number));
  expect(pending.take()).toEqual({ kind: 'reset', position: at(9_999) });
  pending.add([promotion(1)], at(10_000));
  expect(pending.take()).toMatchObject({ kind: 'change', position: at(10_000) });
});

test('a position is told as an id, and read back; anything else is none', () => {
  expect(positionOf(positionText({ audit: 17, progress: 4 }))).toEqual({ audit: 17, progress: 4 });
  for (const text of [undefined, '', '17', '17-', '-4', '1e3-4', '17-4-1', ' 17-4', '9'.repeat(16)])
    expect(positionOf(text)).toBeUndefined();
});
