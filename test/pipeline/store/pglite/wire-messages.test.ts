import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WireUnits } from '../../../../pipeline/store/pglite/wire-messages.ts';

const typed = (type: string, body = ''): Buffer => {
  const bytes = Buffer.from(`${type}....${body}`);
  bytes.writeInt32BE(4 + body.length, 1);
  return bytes;
};
const untyped = (code: number, body = ''): Buffer => {
  const bytes = Buffer.from(`........${body}`);
  bytes.writeInt32BE(bytes.length, 0);
  bytes.writeInt32BE(code, 4);
  return bytes;
};
const TLS = untyped(80_877_103);
const START = untyped(196_608, 'user\0postgres\0\0');
const EXTENDED = Buffer.concat([typed('P', 'parse'), typed('B', 'bind'), typed('E'), typed('S')]);
const STREAM = Buffer.concat([TLS, START, typed('Q', 'select 1'), EXTENDED, typed('Q', 'x'), typed('X')]);

test('however the bytes arrive, the same units come out: a query with all up to its Sync is one', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: STREAM.length })), (cuts) => {
      const units = new WireUnits();
      const ends = [...cuts.toSorted((a, b) => a - b), STREAM.length];
      const found = ends.flatMap((end, index) => [...units.push(STREAM.subarray(ends[index - 1] ?? 0, end))]);
      expect(found.map(({ kind }) => kind)).toEqual(['ask-for-tls', 'start', 'query', 'query', 'query', 'end']);
      expect(found[3]?.bytes).toEqual(EXTENDED);
    }),
  );
});

test('what is no message of the protocol is refused', () => {
  expect(() => [...new WireUnits().push(Buffer.from([0, 0, 0, 1]))]).toThrow(RangeError);
  expect(() => [...new WireUnits().push(Buffer.from('GET / HTTP/1.1\r\n'))]).toThrow(RangeError);
});
