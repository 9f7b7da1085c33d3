import { ScalarType } from '@bufbuild/protobuf';
import type { JsonValue } from '../../json.ts';
import type { ApiRule } from '../rules.ts';

/** A value in canonical JSON, or why it is none. */
export type Read = { readonly value: JsonValue } | { readonly rule: ApiRule; readonly want: string };

type Integer = { readonly min: bigint; readonly max: bigint; readonly text: boolean; readonly name: string };
const signed = (bits: bigint): { min: bigint; max: bigint } => ({
  min: -(2n ** (bits - 1n)),
  max: 2n ** (bits - 1n) - 1n,
});
const unsigned = (bits: bigint): { min: bigint; max: bigint } => ({ min: 0n, max: 2n ** bits - 1n });
const I32: Integer = { ...signed(32n), text: false, name: 'a whole number from -2147483648 to 2147483647' };
const U32: Integer = { ...unsigned(32n), text: false, name: 'a whole number from 0 to 4294967295' };
const I64: Integer = { ...signed(64n), text: true, name: 'a whole number of 64 bits' };
const U64: Integer = { ...unsigned(64n), text: true, name: 'a whole number of 64 bits, not negative' };
const INTEGERS: Readonly<Partial<Record<ScalarType, Integer>>> = {
  [ScalarType.INT32]: I32,
  [ScalarType.SINT32]: I32,
  [ScalarType.SFIXED32]: I32,
  [ScalarType.UINT32]: U32,
  [ScalarType.FIXED32]: U32,
  [ScalarType.INT64]: I64,
  [ScalarType.SINT64]: I64,
  [ScalarType.SFIXED64]: I64,
  [ScalarType.UINT64]: U64,
  [ScalarType.FIXED64]: U64,
};

// Numbers in quotes, and what its YAML reader leaves as text (`1e3`, `.5`). For whole numbers older Envoys take digits alone; since
// the number is what goes out over xDS, whichever way it was written, the rule of the newer ones holds for all.
const NUMERAL = /^[-+]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const HEXADECIMAL = /^0[xX][0-9a-fA-F]{1,16}$/;
const MAX_FLOAT = 3.4028234663852886e38;

/** Reads a scalar as leniently as Envoy's own JSON reader does: numbers in quotes, `"yes"` for true, base64 of either alphabet. */
export function readScalar(type: ScalarType, json: JsonValue): Read {
  const integer = INTEGERS[type];
  if (integer) return readInteger(integer, json);
  switch (type) {
    case ScalarType.STRING:
      if (typeof json === 'string') return { value: json };
      return { rule: 'wrong-type', want: 'text (in quotes)' };
    case ScalarType.BOOL:
      return readBool(json);
    case ScalarType.BYTES:
      return readBytes(json);
    default:
      return readFloat(json, type === ScalarType.FLOAT);
  }
}

function readInteger({ min, max, text, name }: Integer, json: JsonValue): Read {
  let value: bigint;
  if (typeof json === 'number') {
    if (!Number.isInteger(json)) return { rule: 'wrong-type', want: name };
    if (!Number.isSafeInteger(json) && text)
      return { rule: 'number-out-of-range', want: `${name}; in quotes, to keep every digit` };
    value = BigInt(json);
  } else if (typeof json === 'string' && (NUMERAL.test(json) || HEXADECIMAL.test(json))) {
    const digits = /^[-+]?\d+$/.test(json) || HEXADECIMAL.test(json) ? json.replace(/^\+/, '') : undefined;
    if (digits === undefined && !Number.isSafeInteger(Number(json))) return { rule: 'wrong-type', want: name };
    value = BigInt(digits ?? Number(json));
  } else {
    return { rule: 'wrong-type', want: name };
  }
  if (value < min || value > max) return { rule: 'number-out-of-range', want: name };
  return { value: text ? String(value) : Number(value) };
}

function readFloat(json: JsonValue, single: boolean): Read {
  if (json === 'NaN' || json === 'Infinity' || json === '-Infinity') return { value: json };
  const value =
    typeof json === 'number'
      ? json
      : typeof json === 'string' && (NUMERAL.test(json) || HEXADECIMAL.test(json))
        ? Number(json)
        : undefined;
  if (value === undefined) return { rule: 'wrong-type', want: 'a number' };
  if (!Number.isFinite(value) || (single && Math.abs(value) > MAX_FLOAT))
    return { rule: 'number-out-of-range', want: `a number of ${single ? 32 : 64} bits` };
  return { value: Object.is(value, -0) ? 0 : value };
}

function readBool(json: JsonValue): Read {
  if (typeof json === 'boolean') return { value: json };
  if (typeof json === 'string' && /^(true|t|yes|y|1)$/i.test(json)) return { value: true };
  if (typeof json === 'string' && /^(false|f|no|n|0)$/i.test(json)) return { value: false };
  return { rule: 'wrong-type', want: 'true or false' };
}

function readBytes(json: JsonValue): Read {
  if (typeof json !== 'string') return { rule: 'wrong-type', want: 'base64 text' };
  const standard = json.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  if (!/^[A-Za-z0-9+/]*$/.test(standard) || standard.length % 4 === 1)
    return { rule: 'bad-bytes', want: 'base64 text' };
  return { value: Buffer.from(standard, 'base64').toString('base64') };
}

/** Whether a canonical value is the default of its type: then a field without presence is left out. */
export const isDefault = (value: JsonValue): boolean => value === 0 || value === '' || value === false || value === '0';
