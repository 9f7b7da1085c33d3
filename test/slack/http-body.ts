import type { IncomingMessage } from 'node:http';
import { isObject, type JsonObject } from './model.ts';

const LARGEST_BODY_BYTES = 4 * 1024 * 1024;

/** @throws Error when the body is larger than a workspace takes */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY_BYTES) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The arguments of a call: JSON or form by its content type, else the query. Undefined when it is neither. */
export function argumentsIn(body: Buffer, contentType: string, query: URLSearchParams): JsonObject | undefined {
  const fromQuery = Object.fromEntries(query);
  if (contentType.startsWith('application/json')) {
    try {
      const value: unknown = JSON.parse(body.toString('utf8'));
      return isObject(value) ? { ...fromQuery, ...value } : undefined;
    } catch {
      return undefined;
    }
  }
  return { ...fromQuery, ...Object.fromEntries(new URLSearchParams(body.toString('utf8'))) };
}
