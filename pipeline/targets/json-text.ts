import { isJsonObject, type JsonValue } from '../../render/json.ts';

const INDENT = '  ';

/**
 * An integer that a double does not hold exactly is written with an exponent: readers that keep long integers apart from doubles
 * (Meshgate's own reader, Jackson) then read the same double again.
 */
function numberText(value: number): string {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return value.toExponential();
  return JSON.stringify(value);
}

function write(value: JsonValue, indent: string): string {
  if (typeof value === 'number') return numberText(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = indent + INDENT;
  const items = isJsonObject(value)
    ? Object.keys(value)
        .sort()
        .map((key) => `${inner}${JSON.stringify(key)}: ${write(value[key] ?? null, inner)}`)
    : value.map((item) => inner + write(item, inner));
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return items.length === 0 ? open + close : `${open}\n${items.join(',\n')}\n${indent}${close}`;
}

/** JSON for people and for `diff`: sorted keys, one scalar a line, a final newline. Same content, same bytes. */
export const jsonText = (value: JsonValue): string => `${write(value, '')}\n`;
