import { describe, expect, test } from 'vitest';
import { newestApiSet } from '../../../render/api/api-set.ts';
import { canonicaliser } from '../../../render/api/canonicaliser.ts';
import { checkMessage } from '../../../render/api/check-message.ts';
import { encodeMessage, encodeResource } from '../../../render/api/encode-resource.ts';
import type { JsonObject } from '../../../render/json.ts';
import { keyLocation, setPlace, valueLocation } from '../../../render/places.ts';
import { typeUrlOf } from '../../../render/resource.ts';
import { sourceFile } from '../../../render/source-location.ts';
import { decodeBinary } from './decode-binary.ts';
import { at, cluster, HCM, listenerWith, ROUTER, typed } from './messages.ts';

const canonical = canonicaliser(newestApiSet());

describe('canonical form', () => {
  test('is the same however the resource was written', () => {
    const one = {
      name: 'c',
      type: 'STATIC',
      connect_timeout: '1.0s',
      per_connection_buffer_limit_bytes: '8',
      lb_policy: 'random',
    };
    const other = {
      lbPolicy: 6 - 3,
      perConnectionBufferLimitBytes: 8,
      connectTimeout: '1s',
      type: 'static',
      name: 'c',
    };
    const bodies = [one, other].map((body) => canonical({ kind: 'cluster', body, at }).resource?.body);
    expect(bodies[0]).toEqual({
      name: 'c',
      type: 'STATIC',
      connectTimeout: '1s',
      perConnectionBufferLimitBytes: 8,
      lbPolicy: 'RANDOM',
    });
    expect(JSON.stringify(bodies[1])).toBe(JSON.stringify(bodies[0]));
  });

  test('leaves out defaults without presence alone, keeps members of a oneof', () => {
    const json = { prefix: '', case_sensitive: false, headers: [], query_parameters: [] };
    const { body } = checkMessage(newestApiSet(), 'envoy.config.route.v3.RouteMatch', json, { at });
    expect(body).toEqual({ prefix: '', caseSensitive: false });
  });

  test('64-bit numbers are text, and exact', () => {
    const json = { name: 'x', interval: '3s', ring: { minimum_ring_size: '9007199254740993' } };
    const { body } = checkMessage(newestApiSet(), 'envoy.config.cluster.v3.Cluster.RingHashLbConfig', json.ring, {
      at,
    });
    expect(body).toEqual({ minimumRingSize: '9007199254740993' });
  });

  test('@type stands first, map members are sorted', () => {
    const json = listenerWith({
      stat_prefix: 'x',
      '@type': `type.googleapis.com/${HCM}`,
      rds: { config_source: { ads: {} } },
    });
    const body = checkMessage(newestApiSet(), 'envoy.config.listener.v3.Listener', json, { at }).body;
    expect(JSON.stringify(body)).toContain(`"typedConfig":{"@type":"type.googleapis.com/${HCM}","statPrefix":"x"`);
    const metadata = cluster({ metadata: { filter_metadata: { b: {}, a: { z: 1, y: null } } } });
    expect(JSON.stringify(canonical({ kind: 'cluster', body: metadata, at }).resource?.body)).toContain(
      '{"a":{"y":null,"z":1},"b":{}}',
    );
  });

  test('a name such as __proto__ is a name', () => {
    const metadata = JSON.parse('{"filter_metadata": {"__proto__": {"a": 1}}}') as JsonObject;
    const { resource } = canonical({ kind: 'cluster', body: cluster({ metadata }), at });
    expect(JSON.stringify(resource?.body)).toContain('{"__proto__":{"a":1}}');
    expect(Object.hasOwn(Object.prototype, 'a')).toBe(false);
  });

  test('places follow their members to the new names', () => {
    const file = sourceFile('clusters.yaml', 'name: c\nconnect_timeout: 1s\n');
    const body = setPlace(
      { name: 'c', connect_timeout: '1s' },
      {
        file,
        offset: 0,
        keys: new Map([
          ['name', 0],
          ['connect_timeout', 8],
        ]),
        values: new Map([
          ['name', 6],
          ['connect_timeout', 25],
        ]),
        via: [],
      },
    );
    const resource = canonical({ kind: 'cluster', body, at }).resource;
    expect(keyLocation(resource?.body ?? {}, 'connectTimeout')).toEqual({ file: 'clusters.yaml', line: 2, column: 1 });
    expect(valueLocation(resource?.body ?? {}, 'connectTimeout')).toEqual({
      file: 'clusters.yaml',
      line: 2,
      column: 18,
    });
    const wrong = setPlace(
      { ...body, connect_timeout: '1' },
      {
        ...{ file, offset: 0, via: [] },
        keys: new Map([['connect_timeout', 8]]),
        values: new Map([['connect_timeout', 25]]),
      },
    );
    expect(canonical({ kind: 'cluster', body: wrong, at }).findings.map((finding) => finding.at)).toEqual([
      { file: 'clusters.yaml', line: 2, column: 18 },
    ]);
  });

  test('a resource without a name is none', () => {
    const { resource, findings } = canonical({ kind: 'route', body: { virtual_hosts: [] }, at });
    expect(resource).toBeUndefined();
    expect(findings.map(({ rule, path }) => [rule, path])).toEqual([['missing-name', 'name']]);
  });
});

describe('encoding', () => {
  const body = listenerWith(
    typed(HCM, {
      stat_prefix: 'x',
      rds: { config_source: { ads: {} }, route_config_name: 'r' },
      common_http_protocol_options: { idle_timeout: '0.250s' },
      http_filters: [
        {
          name: 's',
          typed_config: typed('xds.type.v3.TypedStruct', {
            type_url: `type.googleapis.com/${ROUTER}`,
            value: { suppress_envoy_headers: true },
          }),
        },
        { name: 'r', typed_config: typed(ROUTER) },
      ],
    }),
  );

  test('what is encoded is decoded to the same canonical JSON', () => {
    const { resource, findings } = canonical({ kind: 'listener', body, at });
    expect(findings).toEqual([]);
    const bytes = resource && encodeResource(resource);
    expect(bytes?.length).toBeGreaterThan(100);
    expect(decodeBinary(typeUrlOf('listener'), bytes ?? new Uint8Array())).toEqual(resource?.body);
    expect(resource && encodeResource(resource)).toBe(bytes);
  });

  test('the order of writing is no content', () => {
    const name = 'envoy.config.core.v3.Metadata';
    const set = newestApiSet();
    const bytes = [
      ['a', 'b'],
      ['b', 'a'],
    ].map((keys) => {
      const json = { filter_metadata: Object.fromEntries(keys.map((key) => [key, { key }])) };
      return encodeMessage(name, checkMessage(set, name, json, { at }).body);
    });
    expect(bytes[0]).toEqual(bytes[1]);
  });
});
