import type { JsonObject } from '../../../render/json.ts';
import { flagAt, listAt, numberAt, objectAt, stringAt } from '../../../render/read-json.ts';
import { walkObjects } from '../../../render/references/walk-json.ts';
import type { Resource } from '../../../render/resource.ts';
import { resourcesOf } from '../../../render/snapshot.ts';
import type { Complaint, SnapshotRule } from '../snapshot-rule.ts';
import { isUdp } from './listener-addresses.ts';

/** HTTP connection managers that are filters of the listener itself (an API listener's is not bound to a socket). */
function faultsOf(resource: Resource, manager: JsonObject): readonly Complaint[] {
  const complaints: Complaint[] = [];
  const say = (key: string, saw: string, want: string) => {
    complaints.push({ resource, holder: manager, key, saw, want });
  };
  if (flagAt(manager, 'stripMatchingHostPort') && flagAt(manager, 'stripAnyHostPort'))
    say('stripAnyHostPort', 'strip_matching_host_port and strip_any_host_port', 'one of the two');
  if (listAt(manager, 'originalIpDetectionExtensions').length > 0) {
    if (flagAt(manager, 'useRemoteAddress'))
      say('useRemoteAddress', 'use_remote_address beside original_ip_detection_extensions', 'one of the two');
    if ((numberAt(manager, 'xffNumTrustedHops') ?? 0) > 0)
      say('xffNumTrustedHops', 'xff_num_trusted_hops beside original_ip_detection_extensions', 'one of the two');
  }
  if (resource.body.apiListener !== undefined) return complaints;
  const http3 = manager.codecType === 'HTTP3';
  if (http3 && !isUdp(resource))
    say('codecType', 'codec_type HTTP3 on a TCP listener', 'HTTP3 on a QUIC listener (UDP with quic_options) only');
  if (!http3 && isUdp(resource))
    say('codecType', `codec_type ${stringAt(manager, 'codecType') || 'AUTO'} on a QUIC listener`, 'codec_type: HTTP3');
  return complaints;
}

const connectionManager: SnapshotRule = {
  code: 'connection-manager',
  severity: 'error',
  summary: 'Options of an HTTP connection manager exclude one another.',
  check: (snapshot) =>
    resourcesOf(snapshot, 'listener').flatMap((resource) => {
      const complaints: Complaint[] = [];
      walkObjects(resource.body, ({ object, message }) => {
        if (object['@type'] !== undefined && message?.endsWith('.v3.HttpConnectionManager'))
          complaints.push(...faultsOf(resource, object));
      });
      return complaints;
    }),
};

/** `filter config … applied without warming but has no default config` */
const discoveredFilter: SnapshotRule = {
  code: 'filter-discovery',
  severity: 'error',
  summary: 'A filter over ECDS is applied without warming and has no default.',
  check: (snapshot) =>
    snapshot.resources.flatMap((resource) => {
      const complaints: Complaint[] = [];
      walkObjects(resource.body, ({ object, key }) => {
        if (
          key !== 'configDiscovery' ||
          !flagAt(object, 'applyDefaultConfigWithoutWarming') ||
          objectAt(object, 'defaultConfig')
        )
          return;
        const saw = 'apply_default_config_without_warming without default_config';
        complaints.push({
          resource,
          holder: object,
          key: 'applyDefaultConfigWithoutWarming',
          saw,
          want: 'default_config, or warming',
        });
      });
      return complaints;
    }),
};

/** HTTP/2 SETTINGS that Envoy has options for, by identifier (RFC 9113, 6.5.2). */
const NAMED_SETTINGS: Readonly<Record<number, string>> = {
  1: 'hpackTableSize',
  3: 'maxConcurrentStreams',
  4: 'initialStreamWindowSize',
};
const ENABLE_PUSH = 2;

const http2Settings: SnapshotRule = {
  code: 'http2-settings',
  severity: 'error',
  summary: 'Custom HTTP/2 settings repeat a named option, or enable server push.',
  check: (snapshot) =>
    snapshot.resources.flatMap((resource) => {
      const complaints: Complaint[] = [];
      walkObjects(resource.body, ({ object, key, above }) => {
        if (key !== 'customSettingsParameters') return;
        const identifier = numberAt(object, 'identifier') ?? 0;
        const named = NAMED_SETTINGS[identifier];
        const options = above[0];
        if (identifier === ENABLE_PUSH && (numberAt(object, 'value') ?? 0) !== 0)
          complaints.push({
            resource,
            holder: object,
            saw: 'server push enabled by a SETTINGS parameter',
            want: 'no server push: Envoy does not have it',
          });
        if (named !== undefined && options?.[named] !== undefined)
          complaints.push({
            resource,
            holder: object,
            saw: `SETTINGS parameter ${identifier} beside ${named}`,
            want: `${named} alone`,
          });
      });
      return complaints;
    }),
};

export const CONNECTION_MANAGER_RULES: readonly SnapshotRule[] = [connectionManager, discoveredFilter, http2Settings];
