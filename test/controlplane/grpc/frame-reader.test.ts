import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameReader } from '../../../controlplane/grpc/frame-reader.ts';

const framed = (message: Uint8Array, flag = 0): Buffer => {
  const header = Buffer.alloc(5);
  header.writeUInt8(flag, 0);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
};

test('messages come out as they went in, however the bytes are cut, and however many are taken at once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 }),
      fc.infiniteStream(fc.boolean()),
      (messages, cuts, goesOn) => {
        const bytes = Buffer.concat(messages.map((message) => framed(message)));
        const reader = new FrameReader(100);
        const taken: Buffer[] = [];
        for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
          const size = cuts[cut % cuts.length] ?? 1;
          const take = (message: Buffer): boolean => {
            taken.push(Buffer.from(message));
            return goesOn.next().value;
          };
          let next = bytes.subarray(at, at + size);
          do {
            expect(reader.push(next, take)).toBe(undefined);
            next = Buffer.alloc(0);
          } while (reader.isHeldUp);
          at += size;
        }
        expect(taken.map((one) => [...one])).toEqual(messages.map((one) => [...one]));
        expect(reader.held).toBe(0);
      },
    ),
    { numRuns: 500, seed: 3 },
  );
});

test('a message that is too large is told by its header, before its bytes are kept', () => {
  const reader = new FrameReader(10);
  const header = framed(new Uint8Array(11)).subarray(0, 5);
  expect(reader.push(header, () => expect.fail('taken'))).toEqual({ kind: 'too-large', size: 11 });
  expect(reader.held).toBe(0);
});

test('a compressed message is not read', () => {
  expect(new FrameReader(10).push(framed(new Uint8Array(1), 1), () => expect.fail('taken'))).toEqual({
    kind: 'compressed',
  });
});
