/**
 * Walks the length-delimited fields of a message without decoding them; fields of other wire types are passed over. `take` gets the
 * field's number, where its content begins and ends, and where its tag began; when it has read more than that, it says where the walk
 * goes on. Throws on bytes that are no message.
 */
export function eachField(
  bytes: Uint8Array,
  take: (field: number, from: number, to: number, tagAt: number) => number | undefined,
): void {
  const { length } = bytes;
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (at >= length) throw new RangeError('it ends in the middle of a field');
      const byte = bytes[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number in it is too large');
  };
  const pass = (count: number): void => {
    at += count;
    if (at > length) throw new RangeError('it ends in the middle of a field');
  };
  while (at < length) {
    const tagAt = at;
    const tag = varint();
    const wireType = tag & 7;
    const field = Math.floor(tag / 8);
    if (field === 0) throw new RangeError('it has a field of number 0');
    if (wireType === 2) {
      const size = varint();
      const from = at;
      pass(size);
      at = take(field, from, at, tagAt) ?? at;
    } else if (wireType === 0) passVarint();
    else if (wireType === 1) pass(8);
    else if (wireType === 5) pass(4);
    else throw new RangeError(`it has a field of wire type ${wireType}`);
  }

  function passVarint(): void {
    for (let count = 0; count < 10; count += 1) {
      if (at >= length) throw new RangeError('it ends in the middle of a field');
      at += 1;
      if ((bytes[at - 1] ?? 0) < 0x80) return;
    }
    throw new RangeError('a number in it is too large');
  }
}

/**
 * Where a run of length-delimited fields of one number below 16 ends, from `start` on: where the next field is another one, or is
 * longer than 127 bytes, or does not end.
 */
export function endOfRun(bytes: Uint8Array, start: number, field: number): number {
  const tag = field * 8 + 2;
  let at = start;
  while (bytes[at] === tag) {
    const size = bytes[at + 1] ?? 0x80;
    if (size >= 0x80 || at + 2 + size > bytes.length) return at;
    at += 2 + size;
  }
  return at;
}

/** Bytes that `writeField` and `writeTag` need for a number. */
const varintSize = (value: number): number =>
  value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;

/** Writes a number at `at`; gives where it ends. */
function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let left = value;
  let end = at;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) {
    bytes[end] = (left % 0x80) | 0x80;
    end += 1;
  }
  bytes[end] = left;
  return end + 1;
}

/** Bytes of a length-delimited field with a number below 16. */
export const fieldSize = (size: number): number => 1 + varintSize(size) + size;

/** Writes the tag and the length of such a field; gives where its content begins. */
export function writeFieldStart(bytes: Uint8Array, at: number, field: number, size: number): number {
  bytes[at] = field * 8 + 2;
  return writeVarint(bytes, at + 1, size);
}
