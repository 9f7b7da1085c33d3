/**
 * One text for one value (RFC 8785): members sorted by UTF-16 code units, no white space, members that are undefined left out. Throws
 * `TypeError` for what JSON cannot say exactly (NaN, infinities, undefined in a list, functions, symbols, bigints, and objects that are not plain).
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`JSON has no ${value}`);
      return JSON.stringify(value);
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
      if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null)
        throw new TypeError(`JSON has no ${value.constructor.name}`);
      return `{${Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`)
        .join(',')}}`;
    default:
      throw new TypeError(`JSON has no ${typeof value}`);
  }
}
