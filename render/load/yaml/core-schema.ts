import type { JsonScalar } from '../../json.ts';

/**
 * JSON has no numbers beyond 2^53 that stay what they are, and no infinities. protobuf's JSON takes 64-bit integers as text and
 * spells the others `Infinity`, `-Infinity` and `NaN`; so those become text.
 */
export function numberOrText(value: number, written: string): JsonScalar {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return /inf/i.test(written) ? (value > 0 ? 'Infinity' : '-Infinity') : written;
  const whole = /^[-+]?\d+$/.test(written);
  return whole && !Number.isSafeInteger(value) ? written.replace(/^\+/, '') : value;
}

const NULL = /^(?:~|[Nn]ull|NULL)?$/;
const TRUE = /^(?:[Tt]rue|TRUE)$/;
const FALSE = /^(?:[Ff]alse|FALSE)$/;
const INTEGER = /^[-+]?[0-9]+$/;
const OCTAL = /^0o[0-7]+$/;
const HEXADECIMAL = /^0x[0-9a-fA-F]+$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const NOT_FINITE = /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/;

/** A plain (unquoted) scalar by the core schema of YAML 1.2. */
export function plainScalar(text: string): JsonScalar {
  const first = text.charCodeAt(0);
  // most scalars are words: digits, signs, dots, `~` and the first letters of null, true and false are all that can be otherwise
  if ((first >= 0x61 && first <= 0x7a) || (first >= 0x41 && first <= 0x5a)) {
    if (text.length > 5 || !/^[ntfNTF]/.test(text)) return text;
    if (TRUE.test(text)) return true;
    if (FALSE.test(text)) return false;
    return NULL.test(text) ? null : text;
  }
  if (NULL.test(text)) return null;
  if (INTEGER.test(text)) return numberOrText(Number.parseInt(text, 10), text);
  if (OCTAL.test(text)) return numberOrText(Number.parseInt(text.slice(2), 8), text);
  if (HEXADECIMAL.test(text)) return numberOrText(Number.parseInt(text.slice(2), 16), text);
  if (FLOAT.test(text)) return numberOrText(Number.parseFloat(text), text);
  if (!NOT_FINITE.test(text)) return text;
  if (/nan/i.test(text)) return 'NaN';
  return text.startsWith('-') ? '-Infinity' : 'Infinity';
}
