import type { JsonObject } from '../../../render/json.ts';
import { listAt, numberAt, objectAt, objectsAt, stringAt, textsAt } from '../../../render/read-json.ts';
import { messageOf } from '../../../render/references/walk-json.ts';
import { canonicalJson, resourcesOf } from '../../../render/snapshot.ts';
import type { Complaint, SnapshotRule } from '../snapshot-rule.ts';
import { isUdp } from './listener-addresses.ts';

const MOST_COMBINATIONS = 20_000;

/** Every single rule that a filter chain match stands for, as Envoy expands it; undefined where there are too many to compare. */
function expand(match: JsonObject): readonly string[] | undefined {
  const ranges = (key: string): readonly string[] =>
    objectsAt(match, key).map(
      (range) => `${stringAt(range, 'addressPrefix').toLowerCase()}/${numberAt(range, 'prefixLen') ?? 0}`,
    );
  const dimensions = [
    [String(numberAt(match, 'destinationPort') ?? '')],
    ranges('prefixRanges'),
    textsAt(match, 'serverNames'),
    [stringAt(match, 'transportProtocol')],
    textsAt(match, 'applicationProtocols'),
    ranges('directSourcePrefixRanges'),
    [stringAt(match, 'sourceType')],
    ranges('sourcePrefixRanges'),
    listAt(match, 'sourcePorts').map(String),
  ].map((values) => (values.length === 0 ? [''] : values));
  if (dimensions.reduce((product, values) => product * values.length, 1) > MOST_COMBINATIONS) return undefined;
  return dimensions.reduce<string[]>(
    (rules, values) => rules.flatMap((rule) => values.map((value) => `${rule}|${value}`)),
    [''],
  );
}

/** `filter chain '…' has the same matching rules defined as '…'`, `multiple filter chains with overlapping matching rules are defined` */
const duplicateMatch: SnapshotRule = {
  code: 'duplicate-filter-chain-match',
  severity: 'error',
  summary: 'Two filter chains of a listener match the same connections.',
  check: (snapshot) =>
    resourcesOf(snapshot, 'listener').flatMap((resource): Complaint[] => {
      if (resource.body.filterChainMatcher !== undefined) return [];
      const taken = new Map<string, string>();
      return objectsAt(resource.body, 'filterChains').flatMap((chain, index): Complaint[] => {
        const label = stringAt(chain, 'name') || `number ${index + 1}`;
        const match = objectAt(chain, 'filterChainMatch');
        const rules = expand(match ?? {}) ?? [canonicalJson(match ?? {})];
        const clash = rules.map((rule) => taken.get(rule)).find((other) => other !== undefined);
        for (const rule of new Set(rules)) if (!taken.has(rule)) taken.set(rule, label);
        if (clash === undefined) return [];
        const saw = `filter chain ${label}, which matches connections that filter chain ${clash} matches already`;
        return [
          { resource, holder: match ?? chain, saw, want: 'a different filter_chain_match for each filter chain' },
        ];
      });
    }),
};

/** `"name" field is required when using a listener matcher`, `"name" field is duplicated with value '…'` */
const chainName: SnapshotRule = {
  code: 'filter-chain-name',
  severity: 'error',
  summary: 'A listener matcher needs a name of its own for each filter chain.',
  check: (snapshot) =>
    resourcesOf(snapshot, 'listener').flatMap((resource): Complaint[] => {
      if (resource.body.filterChainMatcher === undefined) return [];
      const seen = new Set<string>();
      return objectsAt(resource.body, 'filterChains').flatMap((holder): Complaint[] => {
        const name = stringAt(holder, 'name');
        const fault =
          name === '' ? 'a filter chain without a name' : seen.has(name) ? `a second filter chain named ${name}` : '';
        seen.add(name);
        const want = 'a name of its own for each filter chain, since filter_chain_matcher picks by name';
        return fault === ''
          ? []
          : [{ resource, holder, key: 'name', saw: `${fault} under filter_chain_matcher`, want }];
      });
    }),
};

const HCM = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

/** What Envoy asks of a listener by its protocol: TCP and QUIC need filter chains, plain UDP may have none. */
const listenerShape: SnapshotRule = {
  code: 'listener-shape',
  severity: 'error',
  summary: 'A listener lacks filter chains, or has ones that its protocol cannot have.',
  check: (snapshot) =>
    resourcesOf(snapshot, 'listener').flatMap((resource): Complaint[] => {
      const { body } = resource;
      const chains = objectsAt(body, 'filterChains');
      const all = [...chains, objectAt(body, 'defaultFilterChain')].filter((chain) => chain !== undefined);
      if (body.apiListener !== undefined) return [];
      const quic = objectAt(objectAt(body, 'udpListenerConfig'), 'quicOptions') !== undefined;
      if (isUdp(resource) && !quic) {
        if (all.length === 0) return [];
        const saw = `${all.length} filter chain(s) on a UDP listener without quic_options`;
        return [
          {
            resource,
            holder: body,
            key: 'filterChains',
            saw,
            want: 'listener_filters only, or udp_listener_config.quic_options',
          },
        ];
      }
      if (all.length === 0 && body.fcdsConfig === undefined)
        return [
          {
            resource,
            holder: body,
            saw: `listener ${resource.name} without filter chains`,
            want: 'at least one filter chain',
          },
        ];
      if (!isUdp(resource)) return [];
      return all.flatMap((chain): Complaint[] => {
        const complaints: Complaint[] = [];
        if (!objectAt(chain, 'transportSocket'))
          complaints.push({
            resource,
            holder: chain,
            saw: 'a QUIC filter chain without transport_socket',
            want: 'transport_socket with a QuicDownstreamTransport',
          });
        const last = objectsAt(chain, 'filters').at(-1);
        const type = messageOf(objectAt(last, 'typedConfig') ?? {});
        if (type !== HCM && !(last && objectAt(last, 'configDiscovery')))
          complaints.push({
            resource,
            holder: chain,
            key: 'filters',
            saw: `${type ?? 'nothing'} as the last filter of a QUIC filter chain`,
            want: 'the HTTP connection manager',
          });
        return complaints;
      });
    }),
};

export const FILTER_CHAIN_RULES: readonly SnapshotRule[] = [duplicateMatch, chainName, listenerShape];
