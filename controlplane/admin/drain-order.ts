import type { JsonObject } from '../../render/json.ts';
import type { StageServer } from '../serve/stage-server.ts';
import { AdminRefusal } from './admin-refusal.ts';
import { byOf } from './ramp-order.ts';

/** `connections`: how many were asked to make way. */
export type Drained = { readonly node?: string; readonly graceMs: number; readonly connections: number };

const GRACE_MS = 30_000;
const LONGEST_GRACE_MS = 60 * 60_000;

/**
 * Has Envoys go to another control plane, as `{"by":"ana","node":"edge-1","graceMs":30000}` says; without a node all of them, and then
 * nobody is let in any more until a restart. Refuses a node that is not connected (404).
 */
export function orderDrain(server: StageServer, body: JsonObject, say: (line: string) => void): Drained {
  const { node, graceMs = GRACE_MS, ...rest } = body;
  const by = byOf(rest);
  if (node !== undefined && (typeof node !== 'string' || node === ''))
    throw new AdminRefusal(400, 'node: want the name of an Envoy');
  if (typeof graceMs !== 'number' || !Number.isInteger(graceMs) || graceMs < 0 || graceMs > LONGEST_GRACE_MS)
    throw new AdminRefusal(400, `graceMs: want whole milliseconds from 0 to ${LONGEST_GRACE_MS}`);
  const connections = server.drain({ ...(node === undefined ? {} : { node }), graceMs });
  if (node !== undefined && connections === 0)
    throw new AdminRefusal(404, `no such node is connected: ${node.slice(0, 200)}`);
  const whom = node === undefined ? `all ${connections} connections, and takes no other` : node;
  say(`${by} drains ${whom}: what is open after ${graceMs / 1_000} s is ended`);
  return { ...(node === undefined ? {} : { node }), graceMs, connections };
}
