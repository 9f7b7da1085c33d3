import { isIPv6 } from 'node:net';
import type { JsonObject } from '../../render/json.ts';
import { listAt, numberAt, objectAt, objectsAt, textAt } from '../../render/read-json.ts';
import { typeOf } from '../matching/canonical-body.ts';
import { isLoopback } from './cidr.ts';
import { discoveryOf, isDns } from './cluster-facts.ts';
import { altHealthPort, hostsIn } from './cluster-hosts.ts';
import type { ListenerPlan } from './listener-plan.ts';
import { scratchFile } from './path-substitution.ts';
import type { Rewriting } from './rewriting.ts';

const PROXY_PROTOCOL = 'type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol';
const ORIGINAL_DST = 'envoy.extensions.filters.listener.original_dst.v3.OriginalDst';
const ORIGINAL_SRC = 'envoy.extensions.filters.listener.original_src.v3.OriginalSrc';

/** Moves a listener to a port of its own on the cell's address. */
export function substituteListener(
  rewriting: Rewriting,
  listener: JsonObject,
  plan: Pick<ListenerPlan, 'steered'>,
): void {
  const written = [addressText(listener), ...objectsAt(listener, 'additionalAddresses').map(addressText)].filter(
    (text) => text !== '',
  );
  substituteBinding(rewriting, listener);
  for (const other of objectsAt(listener, 'additionalAddresses')) {
    substituteBinding(rewriting, other);
    const options = objectAt(other, 'socketOptions');
    if (options) substituteSocketOptions(rewriting, options);
  }
  if (listener.bindToPort === false) {
    rewriting.drop(listener, 'bindToPort', 'listener-address', { became: 'bound, so that checks can reach it' });
  }
  if (listener.transparent === true)
    rewriting.drop(listener, 'transparent', 'listener-address', { became: 'left out: it needs privileges' });
  substituteSocketOptions(rewriting, listener);
  const filters = objectsAt(listener, 'listenerFilters');
  const kept = filters.filter((filter) => typeOf(filter.typedConfig) !== ORIGINAL_SRC);
  if (kept.length < filters.length) {
    rewriting.set(listener, 'listenerFilters', kept, 'listener-address', {
      was: 'original_src',
      became: 'left out: it needs privileges',
    });
  }
  if (plan.steered) {
    // It would put the real address back in the place of the one that the header names.
    const words = { became: 'left out: PROXY protocol headers say where a connection was going' };
    rewriting.drop(listener, 'useOriginalDst', 'listener-address', words);
    const others = objectsAt(listener, 'listenerFilters').filter((one) => typeOf(one.typedConfig) !== ORIGINAL_DST);
    if (others.length < objectsAt(listener, 'listenerFilters').length) {
      rewriting.set(listener, 'listenerFilters', others, 'listener-address', { was: 'original_dst', ...words });
    }
    const filter = {
      name: 'envoy.filters.listener.proxy_protocol',
      typedConfig: { '@type': PROXY_PROTOCOL, allowRequestsWithoutProxyProtocol: true },
    };
    rewriting.set(listener, 'listenerFilters', [filter, ...listAt(listener, 'listenerFilters')], 'listener-address', {
      was: 'chosen by the addresses of real connections',
      became: 'PROXY protocol headers are understood too, so that checks can stand for any address',
    });
  }
  // A changed address is a changed listener in the cell too, although both have a port from the OS.
  if (written.length > 0) {
    const metadata = objectAt(listener, 'metadata') ?? {};
    const filterMetadata = { ...objectAt(metadata, 'filterMetadata'), meshgate: { address: written.join(' ') } };
    listener.metadata = { ...metadata, filterMetadata };
  }
}

function addressText(holder: JsonObject): string {
  const socket = objectAt(holder, 'address', 'socketAddress');
  if (socket) {
    const port = numberAt(socket, 'portValue') ?? textAt(socket, 'namedPort') ?? 0;
    return `${textAt(socket, 'protocol') === 'UDP' ? 'udp ' : ''}${textAt(socket, 'address') ?? ''}:${port}`;
  }
  return textAt(holder, 'address', 'pipe', 'path') ?? '';
}

function substituteBinding(rewriting: Rewriting, holder: JsonObject): void {
  const { listenHost, scratchDir } = rewriting.options;
  const socket = objectAt(holder, 'address', 'socketAddress');
  const pipe = objectAt(holder, 'address', 'pipe');
  const was = addressText(holder);
  if (socket) {
    const protocol = textAt(socket, 'protocol');
    const socketAddress = { ...(protocol ? { protocol } : {}), address: listenHost, portValue: 0 };
    rewriting.set(holder, 'address', { socketAddress }, 'listener-address', {
      was,
      became: `${listenHost}, a port from the OS`,
    });
  } else if (pipe) {
    rewriting.set(pipe, 'path', scratchFile(scratchDir, was), 'listener-address');
  }
}

/** Options of the socket that need privileges or another address family, by level and name as Linux numbers them. */
const UNUSABLE: ReadonlySet<string> = new Set(['1/25', '1/32', '1/33', '1/36', '0/19', '0/8']);
const IPPROTO_IPV6 = 41;

function substituteSocketOptions(rewriting: Rewriting, holder: JsonObject): void {
  const options = objectsAt(holder, 'socketOptions');
  const usable = options.filter((option) => {
    const level = numberAt(option, 'level') ?? 0;
    return level !== IPPROTO_IPV6 && !UNUSABLE.has(`${level}/${numberAt(option, 'name') ?? 0}`);
  });
  if (usable.length === options.length) return;
  const words = { became: 'without those that need privileges or IPv6' };
  if (usable.length > 0) rewriting.set(holder, 'socketOptions', usable, 'listener-address', words);
  else rewriting.drop(holder, 'socketOptions', 'listener-address', words);
}

/** Points every host of the assignment at its stand-in. `assignment` may be the cluster's own or its copy of an endpoint resource. */
export function substituteAssignment(rewriting: Rewriting, cluster: JsonObject, assignment: JsonObject): void {
  const { upstreamHost, portOf } = rewriting.options;
  const dns = isDns(discoveryOf(cluster));
  for (const { key, role, holder, endpoint } of hostsIn(
    textAt(cluster, 'name') ?? '',
    assignment,
    altHealthPort(cluster),
  )) {
    const port = portOf(key);
    const words = {
      was: key.port === 0 ? key.address : `${key.address}:${key.port}`,
      became: `stand-in ${upstreamHost}:${port}`,
    };
    if (role === 'health-check') {
      endpoint.healthCheckConfig = holder;
      rewriting.drop(holder, 'address', 'host-address', words);
      rewriting.set(holder, 'portValue', port, 'host-address', words);
      continue;
    }
    const protocol = textAt(holder, 'address', 'socketAddress', 'protocol');
    const socketAddress = { ...(protocol ? { protocol } : {}), address: upstreamHost, portValue: port };
    rewriting.set(holder, 'address', { socketAddress }, 'host-address', words);
    // A DNS cluster's hosts are known by the name that was looked up (host rewriting, SNI).
    if (dns && role === 'endpoint' && !textAt(endpoint, 'hostname') && key.port !== 0) endpoint.hostname = key.address;
  }
}

/** Connects by way of a forward proxy; what it wraps is what the host itself speaks. */
const WRAPPER = 'envoy.extensions.transport_sockets.http_11_proxy.v3.Http11ProxyUpstreamTransport';

/** What of a cluster, apart from its hosts, cannot work between loopback addresses. */
export function substituteCluster(rewriting: Rewriting, cluster: JsonObject): void {
  const own = objectAt(cluster, 'loadAssignment');
  if (own) substituteAssignment(rewriting, cluster, own);
  for (const check of objectsAt(cluster, 'healthChecks')) {
    rewriting.drop(check, 'altPort', 'host-address', { became: "each host's stand-in has a port of its own" });
  }
  for (const holder of [cluster, objectAt(cluster, 'clusterType', 'typedConfig')]) {
    if (holder && textAt(holder, 'dnsLookupFamily') === 'V6_ONLY' && !isIPv6(rewriting.options.upstreamHost)) {
      rewriting.set(holder, 'dnsLookupFamily', 'V4_ONLY', 'host-address');
    }
  }
  const bind = objectAt(cluster, 'upstreamBindConfig');
  if (bind) substituteBindConfig(rewriting, bind);
  for (const holder of [cluster, ...objectsAt(cluster, 'transportSocketMatches')]) unwrapSocket(rewriting, holder);
}

function unwrapSocket(rewriting: Rewriting, holder: JsonObject): void {
  const socket = objectAt(holder, 'transportSocket');
  const type = typeOf(socket?.typedConfig);
  if (type !== WRAPPER) return;
  const inner = objectAt(socket, 'typedConfig', 'transportSocket');
  const words = { was: type, became: 'what it wraps, without the proxy' };
  if (inner) rewriting.set(holder, 'transportSocket', inner, 'host-address', words);
  else rewriting.drop(holder, 'transportSocket', 'host-address', words);
}

/** Source addresses that this machine does not have. Also for the bootstrap's `clusterManager.upstreamBindConfig`. */
export function substituteBindConfig(rewriting: Rewriting, bind: JsonObject): void {
  const address = textAt(bind, 'sourceAddress', 'address');
  if (address !== undefined && address !== '0.0.0.0' && !isLoopback(address)) {
    rewriting.set(
      bind,
      'sourceAddress',
      { address: rewriting.options.upstreamHost.includes(':') ? '::' : '0.0.0.0', portValue: 0 },
      'host-address',
    );
  }
  for (const field of ['extraSourceAddresses', 'additionalSourceAddresses'])
    rewriting.drop(bind, field, 'host-address');
  substituteSocketOptions(rewriting, bind);
}
