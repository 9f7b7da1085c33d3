import type { IncomingMessage } from 'node:http';
import { isJsonObject, type JsonObject, type JsonValue } from '../../render/json.ts';
import { wantOneOf } from '../../render/nearest-names.ts';
import { AdminRefusal } from './admin-refusal.ts';

const MAX_BODY_BYTES = 4 * 1024;

/** The path of a request, decoded piece by piece, and its query. */
export type Asked = { readonly method: string; readonly parts: readonly string[]; readonly query: URLSearchParams };

export function askedBy({ method = '', url = '' }: IncomingMessage): Asked {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  try {
    const parts = path
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
    return { method, parts, query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)) };
  } catch {
    throw new AdminRefusal(400, 'the path is not encoded as paths are');
  }
}

export function wantMethod(method: string, ...allowed: readonly string[]): void {
  if (!allowed.includes(method))
    throw new AdminRefusal(405, `want ${allowed.join(' or ')}`, { allow: allowed.join(', ') });
}

/** The values of the parameters that a path has; one that it has not, or one said twice, is refused. */
export function queryOf<Name extends string>(
  query: URLSearchParams,
  known: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const values: Partial<Record<Name, string>> = {};
  for (const [name, value] of query) {
    const found = known.find((one) => one === name);
    if (found === undefined)
      throw new AdminRefusal(
        400,
        known.length === 0
          ? `parameter ${name}: there are none here`
          : `parameter ${name}: want ${wantOneOf('one that is known here', name, known)}`,
      );
    if (values[found] !== undefined) throw new AdminRefusal(400, `parameter ${name} is given twice`);
    values[found] = value;
  }
  return values;
}

/** The JSON object that a request carries. */
export async function objectOf(request: IncomingMessage): Promise<JsonObject> {
  // Also what keeps a page in somebody's browser from ordering anything: it may not send this type to another origin.
  if (request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() !== 'application/json')
    throw new AdminRefusal(415, 'want content-type: application/json');
  const tooLarge = (): AdminRefusal => new AdminRefusal(413, `want at most ${MAX_BODY_BYTES} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.byteLength;
    if (bytes > MAX_BODY_BYTES) throw tooLarge();
    pieces.push(piece);
  }
  let value: JsonValue;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces))) as JsonValue;
  } catch {
    throw new AdminRefusal(400, 'want JSON');
  }
  if (!isJsonObject(value)) throw new AdminRefusal(400, 'want a JSON object');
  return value;
}
