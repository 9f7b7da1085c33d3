import { isIP, isIPv6 } from 'node:net';
import type { JsonObject } from '../../../render/json.ts';
import { flagAt, numberAt, objectAt, objectsAt, stringAt } from '../../../render/read-json.ts';
import { addressOf } from '../../../render/references/cluster-hosts.ts';
import { walkObjects } from '../../../render/references/walk-json.ts';
import type { Resource } from '../../../render/resource.ts';
import { resourcesOf } from '../../../render/snapshot.ts';
import type { Complaint, SnapshotRule } from '../snapshot-rule.ts';

/** A listener's own address first, then its additional ones. */
export const addressesOf = (listener: Resource): readonly JsonObject[] =>
  [
    objectAt(listener.body, 'address'),
    ...objectsAt(listener.body, 'additionalAddresses').map((one) => objectAt(one, 'address')),
  ].filter((address) => address !== undefined);

const protocolOf = (address: JsonObject): string => stringAt(objectAt(address, 'socketAddress'), 'protocol') || 'TCP';
export const isUdp = (listener: Resource): boolean => {
  const address = objectAt(listener.body, 'address');
  return address !== undefined && protocolOf(address) === 'UDP';
};

/** One spelling for each IPv6 address. */
function plainAddress(address: JsonObject): string {
  const written = stringAt(objectAt(address, 'socketAddress'), 'address');
  if (!isIPv6(written) || written.includes('%')) return addressOf(address);
  return addressOf(address).replace(written, new URL(`http://[${written}]`).hostname);
}

/**
 * Envoy refuses the second listener on an address of the same socket type, `enable_reuse_port` or not (connections would be spread
 * over both). Port 0 is a new port each time, unless nothing is bound.
 */
const addressConflict: SnapshotRule = {
  code: 'listener-address-conflict',
  severity: 'error',
  holdsIn: 'part',
  summary: 'Two listeners have the same address.',
  check(snapshot) {
    const taken = new Map<string, Resource>();
    return resourcesOf(snapshot, 'listener').flatMap((resource): Complaint[] =>
      addressesOf(resource).flatMap((address): Complaint[] => {
        const socket = objectAt(address, 'socketAddress');
        if (objectAt(address, 'envoyInternalAddress')) return [];
        const bound = resource.body.bindToPort !== false;
        if (socket && bound && (numberAt(socket, 'portValue') ?? 0) === 0) return [];
        const space = stringAt(socket, 'networkNamespaceFilepath');
        const key = `${protocolOf(address)} ${plainAddress(address)} ${space}`;
        const other = taken.get(key);
        if (!other) taken.set(key, resource);
        if (!other) return [];
        const holder = socket ?? objectAt(address, 'pipe') ?? address;
        const saw = `${protocolOf(address)} ${addressOf(address)}, which listener ${other.name} has already`;
        return [{ resource, holder, saw, want: 'an address of its own for each listener' }];
      }),
    );
  },
};

const isMappedOrAny = (text: string): boolean =>
  isIPv6(text) && (text === '::' || /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(text));

function addressFaults(resource: Resource): readonly Complaint[] {
  const { body } = resource;
  const complaints: Complaint[] = [];
  const say = (holder: object, key: string, saw: string, want: string) => {
    complaints.push({ resource, holder, key, saw, want });
  };
  const own = objectAt(body, 'address');
  if (own && objectAt(own, 'envoyInternalAddress'))
    say(body, 'address', 'envoy_internal_address as the address of a listener', 'internal_listener: {} and no address');
  else if (own && objectAt(body, 'internalListener'))
    say(
      body,
      'address',
      'an address on an internal listener',
      'internal_listener: {} and no address, or an address alone',
    );
  const types = new Set<string>();
  for (const address of addressesOf(resource)) {
    types.add(protocolOf(address));
    const socket = objectAt(address, 'socketAddress');
    if (!socket) {
      if (flagAt(body, 'enableMptcp'))
        say(body, 'enableMptcp', `enable_mptcp with ${addressOf(address)}`, 'enable_mptcp with IP addresses only');
      continue;
    }
    const text = stringAt(socket, 'address');
    if (isIP(text) === 0 && stringAt(socket, 'resolverName') === '')
      say(socket, 'address', `address ${text}`, 'an IP address: a listener resolves no names');
    else if (flagAt(socket, 'ipv4Compat') && !isMappedOrAny(text))
      say(
        socket,
        'ipv4Compat',
        `ipv4_compat with ${text}`,
        "ipv4_compat with '::' or an IPv4-mapped IPv6 address only",
      );
    if (flagAt(body, 'enableMptcp') && protocolOf(address) === 'UDP')
      say(body, 'enableMptcp', 'enable_mptcp on a UDP listener', 'enable_mptcp with TCP only');
  }
  if (types.size > 1)
    say(body, 'additionalAddresses', 'TCP and UDP addresses on one listener', 'one protocol for all its addresses');
  return complaints;
}

const listenerAddress: SnapshotRule = {
  code: 'listener-address',
  severity: 'error',
  summary: 'The address of a listener is one that Envoy refuses.',
  check: (snapshot) => resourcesOf(snapshot, 'listener').flatMap(addressFaults),
};

/** `invalid ip/mask combo`, `malformed IP address`: every `CidrRange`, wherever it stands. */
const badCidr: SnapshotRule = {
  code: 'bad-cidr',
  severity: 'error',
  holdsIn: 'part',
  summary: 'An address range does not start with an IP address.',
  check: (snapshot) =>
    snapshot.resources.flatMap((resource): Complaint[] => {
      const complaints: Complaint[] = [];
      walkObjects(resource.body, ({ object }) => {
        const prefix = object.addressPrefix;
        if (typeof prefix !== 'string' || isIP(prefix) !== 0) return;
        const want = 'an IP address; the number of mask bits goes into prefix_len';
        complaints.push({ resource, holder: object, key: 'addressPrefix', saw: `address_prefix ${prefix}`, want });
      });
      return complaints;
    }),
};

export const LISTENER_ADDRESS_RULES: readonly SnapshotRule[] = [addressConflict, listenerAddress, badCidr];
