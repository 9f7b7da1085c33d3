import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CappedOutput } from '../../../../conformance/checks/script/capped-output.ts';

test('whatever the pieces, head and tail are the head and tail of the whole, and the rest is counted', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 40 }), { maxLength: 60 }), (pieces) => {
      const output = new CappedOutput(64);
      for (const piece of pieces) output.write(Buffer.from(piece));
      const whole = pieces.join('');
      const leftOut = whole.length - 64;
      expect(output.totalBytes).toBe(whole.length);
      expect(output.text()).toBe(
        leftOut <= 0 ? whole : `${whole.slice(0, 32)}\n… ${leftOut} bytes left out …\n${whole.slice(-32)}`,
      );
    }),
    { seed: 3, numRuns: 500 },
  );
});
