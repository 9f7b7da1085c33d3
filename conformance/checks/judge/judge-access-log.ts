import type { Finding } from '../../../render/finding.ts';
import { isJsonObject, type JsonValue } from '../../../render/json.ts';
import type { RequestCheck, ValueMatch } from '../check.ts';
import { fault } from './fault.ts';
import { describeMatch, matchesValue } from './value-match.ts';

/** One line as JSON, or nothing where it is none. */
function parseLine(line: string): JsonValue | undefined {
  try {
    return JSON.parse(line) as JsonValue;
  } catch {
    return undefined;
  }
}

/** `a.b` is the field of that name, else the field `b` of the mapping `a`. A null (Envoy's "nothing to say") is absent. */
function logField(line: JsonValue, name: string): string | undefined {
  if (!isJsonObject(line)) return undefined;
  const own = Object.hasOwn(line, name) ? line[name] : undefined;
  if (own !== undefined) return own === null ? undefined : typeof own === 'string' ? own : JSON.stringify(own);
  const dot = name.indexOf('.');
  const inner = dot > 0 && Object.hasOwn(line, name.slice(0, dot)) ? line[name.slice(0, dot)] : undefined;
  return inner === undefined ? undefined : logField(inner, name.slice(dot + 1));
}

const fieldsThatDiffer = (line: JsonValue, fields: Readonly<Record<string, ValueMatch>>): readonly string[] =>
  Object.entries(fields)
    .filter(([name, match]) => !matchesValue(match, logField(line, name)))
    .map(([name]) => name);

/** Whether some of these lines has every expected field. */
export const accessLogHolds = (lines: readonly string[], fields: Readonly<Record<string, ValueMatch>>): boolean =>
  lines.some((line) => {
    const parsed = parseLine(line);
    return parsed !== undefined && fieldsThatDiffer(parsed, fields).length === 0;
  });

/** `lines`: those that were written while the check ran. The finding shows the line that comes nearest. */
export function judgeAccessLog(check: RequestCheck, lines: readonly string[]): readonly Finding[] {
  const { accessLog } = check.expect;
  if (!accessLog || accessLogHolds(lines, accessLog.fields)) return [];
  const want = `a line with ${Object.entries(accessLog.fields)
    .map(([name, match]) => `${name} ${describeMatch(match)}`)
    .join(', ')}`;
  if (lines.length === 0)
    return [fault(check, 'check-access-log', 'accessLog', 'no line written during the check', want)];
  const judged = lines.flatMap((line) => {
    const parsed = parseLine(line);
    return parsed === undefined ? [] : [{ line, parsed, off: fieldsThatDiffer(parsed, accessLog.fields) }];
  });
  const nearest = judged.reduce<(typeof judged)[number] | undefined>(
    (best, line) => (best === undefined || line.off.length < best.off.length ? line : best),
    undefined,
  );
  if (!nearest) {
    return [
      fault(
        check,
        'check-access-log',
        'accessLog',
        `${lines.length} lines, none of them JSON: ${lines[0]?.slice(0, 160)}`,
        want,
      ),
    ];
  }
  const off = nearest.off.map((name) => `${name} ${JSON.stringify(logField(nearest.parsed, name) ?? null)}`).join(', ');
  const place = nearest.off.length === 1 ? `accessLog.fields.${nearest.off[0]}` : 'accessLog';
  return [
    fault(
      check,
      'check-access-log',
      place,
      `${off}, in the nearest of ${lines.length} lines: ${nearest.line.slice(0, 400)}`,
      want,
    ),
  ];
}
