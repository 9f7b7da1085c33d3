import { CLUSTER_HOST_RULES } from './rules/cluster-hosts.ts';
import { CLUSTER_OPTION_RULES } from './rules/cluster-options.ts';
import { CONNECTION_MANAGER_RULES } from './rules/connection-manager.ts';
import { DISCOVERY_RULES } from './rules/discovery.ts';
import { duplicateVirtualHost } from './rules/duplicate-virtual-host.ts';
import { FILTER_CHAIN_RULES } from './rules/filter-chains.ts';
import { filterOrder } from './rules/filter-order.ts';
import { LISTENER_ADDRESS_RULES } from './rules/listener-addresses.ts';
import { PANIC_RULES } from './rules/panic-mode.ts';
import { REGEX_RULES } from './rules/regexes.ts';
import { TLS_RULES } from './rules/tls-contexts.ts';
import { unknownCluster } from './rules/unknown-cluster.ts';
import { VIRTUAL_HOST_RULES } from './rules/virtual-hosts.ts';
import type { SnapshotRule } from './snapshot-rule.ts';

/** Every guard over a whole snapshot, in the order in which they are asked. None can be switched off. */
export const SNAPSHOT_RULES: readonly SnapshotRule[] = [
  duplicateVirtualHost,
  unknownCluster,
  ...DISCOVERY_RULES,
  ...VIRTUAL_HOST_RULES,
  ...LISTENER_ADDRESS_RULES,
  ...FILTER_CHAIN_RULES,
  filterOrder,
  ...CONNECTION_MANAGER_RULES,
  ...CLUSTER_HOST_RULES,
  ...CLUSTER_OPTION_RULES,
  ...TLS_RULES,
  ...REGEX_RULES,
  ...PANIC_RULES,
];
