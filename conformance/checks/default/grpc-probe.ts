import type { JsonObject } from '../../../render/json.ts';
import { objectAt, textAt } from '../../../render/read-json.ts';
import { type Probe, pathOf } from './probe.ts';
import type { RouteOutcome } from './route-outcome.ts';

const HEALTH = '/grpc.health.v1.Health/Check';
/** `/package.Service`, alone or with a method: how gRPC writes paths. */
const SERVICE_PATH = /^\/[A-Za-z_]\w*(\.[A-Za-z_]\w*)+(\/|$)/;

/** Whether a route takes gRPC calls: its path names a service, or its cluster asks its hosts' health by gRPC. */
export function isGrpcRoute(route: JsonObject, outcome: RouteOutcome): boolean {
  if (outcome.kind !== 'forwarded' || !outcome.http2) return false;
  const match = objectAt(route, 'match');
  const path = textAt(match, 'prefix') ?? textAt(match, 'path') ?? textAt(match, 'pathSeparatedPrefix') ?? '';
  return outcome.grpcHealth || SERVICE_PATH.test(path);
}

/** The call that a gRPC route is asked with: the health service where that reaches it, else a method of the path's own service. */
export function probeForGrpc(route: JsonObject, probe: Probe, reaches: (probe: Probe) => boolean): Probe | undefined {
  const own = pathOf(probe);
  const query = probe.path.slice(own.length);
  const match = objectAt(route, 'match');
  const stem = own.replace(/\/$/, '');
  // A prefix that is rewritten may well lead to the health service below it.
  const below = SERVICE_PATH.test(own) ? [] : [`${stem}${HEALTH}`];
  const method = /^\/[^/]+\/[^/]+$/.test(own) ? own : `${stem}/Check`;
  const paths = textAt(match, 'path') !== undefined ? [own] : [HEALTH, ...below, method];
  const headers = { ...probe.headers, 'content-type': 'application/grpc' };
  const candidates = paths.map((path) => ({ ...probe, method: 'POST', path: path + query, headers }));
  return candidates.find(reaches);
}
