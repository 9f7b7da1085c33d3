import { isJsonObject, type JsonValue } from '../../json.ts';
import type { Read } from './read-scalar.ts';

// Envoy keeps durations as 64-bit nanoseconds and refuses what does not fit, and every negative one.
const MAX_SECONDS = 9_223_372_036n;
const DURATION_WANT = 'a duration in seconds such as 0.25s, not negative, below 9223372036s';

/** `google.protobuf.Duration`: `1.5s`, or `{seconds, nanos}`, which Envoy takes as well. Canonical: 0, 3, 6 or 9 decimals. */
export function readDuration(json: JsonValue): Read {
  const parts = typeof json === 'string' ? /^(-?)(\d+)(?:\.(\d{1,9}))?s$/.exec(json) : partsOf(json);
  if (!parts) return { rule: typeof json === 'string' ? 'bad-duration' : 'wrong-type', want: DURATION_WANT };
  const [, sign = '', whole = '0', fraction = ''] = parts;
  const seconds = BigInt(whole);
  const nanos = Number(fraction.padEnd(9, '0'));
  if ((sign && (seconds > 0n || nanos > 0)) || seconds >= MAX_SECONDS)
    return { rule: 'bad-duration', want: DURATION_WANT };
  return { value: `${seconds}${decimals(nanos)}s` };
}

function partsOf(json: JsonValue): readonly string[] | undefined {
  if (!isJsonObject(json)) return undefined;
  const { seconds = 0, nanos = 0, ...others } = json;
  const [s, n] = [Number(seconds), Number(nanos)];
  if (Object.keys(others).length > 0 || !Number.isSafeInteger(s) || !Number.isInteger(n) || Math.abs(n) > 999_999_999)
    return undefined;
  return ['', s < 0 || n < 0 ? '-' : '', String(Math.abs(s)), String(Math.abs(n)).padStart(9, '0')];
}

function decimals(nanos: number): string {
  if (nanos === 0) return '';
  const digits = String(nanos).padStart(9, '0');
  if (digits.endsWith('000000')) return `.${digits.slice(0, 3)}`;
  return digits.endsWith('000') ? `.${digits.slice(0, 6)}` : `.${digits}`;
}

const TIMESTAMP = /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/;
const TIMESTAMP_WANT = 'a time such as 2026-01-31T12:00:00Z';

/** `google.protobuf.Timestamp`, RFC 3339. Canonical: UTC. */
export function readTimestamp(json: JsonValue): Read {
  const parts = typeof json === 'string' ? TIMESTAMP.exec(json) : null;
  if (!parts) return { rule: typeof json === 'string' ? 'bad-timestamp' : 'wrong-type', want: TIMESTAMP_WANT };
  const [, moment = '', fraction = '', zone = 'Z'] = parts;
  const epochMs = Date.parse(`${moment}${zone}`.toUpperCase());
  if (Number.isNaN(epochMs)) return { rule: 'bad-timestamp', want: TIMESTAMP_WANT };
  return { value: `${new Date(epochMs).toISOString().slice(0, 19)}${decimals(Number(fraction.padEnd(9, '0')))}Z` };
}

/** `google.protobuf.FieldMask`: comma-separated paths; canonical in lowerCamelCase. */
export function readFieldMask(json: JsonValue): Read {
  if (typeof json !== 'string') return { rule: 'wrong-type', want: 'field names with commas between' };
  return { value: json.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()) };
}
