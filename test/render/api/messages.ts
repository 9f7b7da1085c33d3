import type { JsonObject } from '../../../render/json.ts';

export const at = { file: 'here.yaml', line: 1, column: 1 };
export const HCM = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
export const ROUTER = 'envoy.extensions.filters.http.router.v3.Router';

export const typed = (message: string, members: JsonObject = {}): JsonObject => ({
  '@type': `type.googleapis.com/${message}`,
  ...members,
});

/** A sound cluster with `members` over it. */
export const cluster = (members: JsonObject = {}): JsonObject => ({ name: 'c', connect_timeout: '1s', ...members });

/** A listener with one network filter of this configuration. */
export const listenerWith = (typedConfig: JsonObject): JsonObject => ({
  name: 'l',
  address: { socket_address: { address: '127.0.0.1', port_value: 80 } },
  filter_chains: [{ filters: [{ name: 'f', typed_config: typedConfig }] }],
});

/** A route configuration with one virtual host and one route. */
export const routeConfig = (virtualHost: JsonObject = {}, match: JsonObject = {}): JsonObject => ({
  name: 'r',
  virtual_hosts: [
    {
      name: 'v',
      domains: ['*'],
      routes: [{ match: { prefix: '/', ...match }, route: { cluster: 'c' } }],
      ...virtualHost,
    },
  ],
});
