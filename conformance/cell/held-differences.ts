import { isJsonObject, type JsonPath, type JsonValue } from '../../render/json.ts';

/** One place where what Envoy holds is not what it was sent. `dropped`: it is simply not there. */
export type HeldDifference = {
  readonly path: JsonPath;
  readonly kind: 'dropped' | 'changed' | 'added';
  readonly sent: JsonValue | undefined;
  readonly held: JsonValue | undefined;
};

/** Envoy hides secrets in its dumps: https://www.envoyproxy.io/docs/envoy/latest/operations/admin#get--config_dump */
const REDACTED = '[redacted]';
const isRedacted = (held: JsonValue | undefined): boolean =>
  held === REDACTED || held === Buffer.from(REDACTED).toString('base64');

/** Compares two canonical bodies of one resource; at most `most` differences, in the order of the sent one. */
export function heldDifferences(sent: JsonValue, held: JsonValue, most = 20): HeldDifference[] {
  const found: HeldDifference[] = [];
  const compare = (left: JsonValue | undefined, right: JsonValue | undefined, path: JsonPath): void => {
    if (found.length >= most || isRedacted(right)) return;
    if (left === undefined || right === undefined) {
      if (left !== right)
        found.push({ path, kind: right === undefined ? 'dropped' : 'added', sent: left, held: right });
    } else if (Array.isArray(left) && Array.isArray(right)) {
      for (let index = 0; index < Math.max(left.length, right.length); index += 1)
        compare(left[index], right[index], [...path, index]);
    } else if (isJsonObject(left) && isJsonObject(right)) {
      for (const key of new Set([...Object.keys(left), ...Object.keys(right)]))
        compare(left[key], right[key], [...path, key]);
    } else if (left !== right) {
      found.push({ path, kind: 'changed', sent: left, held: right });
    }
  };
  compare(sent, held, []);
  return found;
}
