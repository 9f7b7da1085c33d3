import { isJsonObject, type JsonValue } from '../../../render/json.ts';
import type { RunningCell } from '../../cell/running-cell.ts';
import type { Exchange } from '../judge/exchange.ts';
import { lineOfRequest } from './access-log.ts';

const WAIT_MS = 150;
const MOST_IDS = 100;
const TELLING = /response_?(flags|code_?details)|upstream_?transport_?failure/i;

/**
 * What Envoy's access log already says about the first of these requests that went wrong: its response flags and details where
 * the line is JSON, else the line. Undefined where no line carries the request's id, or none is written yet.
 */
export async function envoysReason(cell: RunningCell, exchanges: readonly Exchange[]): Promise<string | undefined> {
  // A failing check is no moment to give up on the harness: without an answer of the admin there is simply no reason to tell.
  const line = await lineOfRequest(cell, new Set(exchanges.slice(0, MOST_IDS).map(({ id }) => id)), WAIT_MS).catch(
    () => undefined,
  );
  if (line === undefined) return undefined;
  try {
    const parsed = JSON.parse(line) as JsonValue;
    const telling = isJsonObject(parsed)
      ? Object.entries(parsed).filter(([name, value]) => TELLING.test(name) && value !== null)
      : [];
    if (telling.length > 0) return telling.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(', ');
  } catch {
    // Not JSON: the line speaks for itself.
  }
  return line.slice(0, 400);
}
