import type { JsonObject } from '../../../render/json.ts';
import { locate } from '../../../render/places.ts';
import type { SourceLocation } from '../../../render/source-location.ts';
import type { RequestCheck, RequestSpec, UpstreamArrangement } from '../check.ts';
import type { WrittenBehaviour, WrittenCheck } from './check-schema.ts';
import { durationMs } from './duration.ts';
import { hostAddress } from './host-address.ts';
import { grpcStatusNumber, toExpectation } from './to-expectation.ts';

const lowerCaseNames = (headers: Readonly<Record<string, string | number | boolean>> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));

function toRequest(written: WrittenCheck): RequestSpec {
  const { grpc, tls } = written;
  const authority = written.host ?? 'localhost';
  const serverName = (tls === true ? undefined : tls?.serverName) ?? authority.replace(/:\d+$/, '');
  return {
    listener: written.listener,
    method: written.method ?? (grpc || written.body !== undefined ? 'POST' : 'GET'),
    authority,
    path: grpc ? `/${grpc.service}/${grpc.method}` : (written.path ?? '/'),
    headers: lowerCaseNames(written.headers),
    ...(written.body === undefined ? {} : { body: written.body }),
    protocol: written.protocol ?? (grpc ? 'h2' : 'http/1.1'),
    ...(tls === undefined
      ? {}
      : { tls: { serverName, ...(tls !== true && tls.clientCertificate ? { clientCertificate: true } : {}) } }),
    ...(grpc ? { grpc: { message: Buffer.from(grpc.message ?? '', 'base64') } } : {}),
    timeoutMs: written.timeout === undefined ? 5_000 : durationMs(written.timeout),
  };
}

function toArrangement(cluster: string, written: WrittenBehaviour): UpstreamArrangement {
  const { host, delay, health, maintenance, headers, grpcStatus, failFirst, failStatus, reset, status, body } = written;
  const behaviour = {
    ...(failFirst === undefined ? {} : { failFirst }),
    ...(failStatus === undefined ? {} : { failStatus }),
    ...(reset === undefined ? {} : { reset }),
    ...(status === undefined ? {} : { status }),
    ...(body === undefined ? {} : { body }),
    ...(delay === undefined ? {} : { delayMs: durationMs(delay) }),
    ...(headers === undefined ? {} : { headers: lowerCaseNames(headers) }),
    ...(grpcStatus === undefined ? {} : { grpcStatus: grpcStatusNumber(grpcStatus) }),
    ...(maintenance && status === undefined ? { status: 503 } : {}),
    ...(maintenance && grpcStatus === undefined ? { grpcStatus: 14 } : {}),
  };
  return {
    hosts: { cluster, ...(host === undefined ? {} : hostAddress(host)) },
    ...(Object.keys(behaviour).length > 0 ? { behaviour } : {}),
    ...(health === 'failing' || maintenance ? { health: 'maintenance' } : {}),
  };
}

/** `root` is the mapping that `written` was parsed from: it knows the places. */
export function toCheck(root: JsonObject, written: WrittenCheck, at: SourceLocation): RequestCheck {
  const { expect, paths } = toExpectation(written.expect);
  const places = Object.fromEntries(
    paths.map((path) => [path.join('.'), locate(root, ['expect', ...path]) ?? at] as const),
  );
  return {
    kind: 'request',
    name: written.name,
    origin: 'declared',
    at,
    request: toRequest(written),
    repeat: written.repeat ?? 1,
    concurrency: Math.min(written.concurrency ?? 1, written.repeat ?? 1),
    arrangements: Object.entries(written.upstream ?? {}).flatMap(([cluster, behaviours]) =>
      [behaviours].flat().map((behaviour) => toArrangement(cluster, behaviour)),
    ),
    expect,
    places,
    ...(written.stages === undefined ? {} : { stages: [written.stages].flat() }),
    ...(written.envoy === undefined ? {} : { envoy: written.envoy }),
  };
}
