import { expect, test } from 'vitest';
import { placeByContent, placeEnvoyWords, plainWords } from '../../../conformance/cell/envoy-words.ts';
import { resourceLabel } from '../../../render/resource.ts';
import { lineOf, placedSnapshot, type Texts } from './placed-snapshot.ts';

const TEXTS: Texts = {
  cluster: `
- name: app
  connect_timeout: 1s
  transport_socket:
    name: envoy.transport_sockets.tls
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
      common_tls_context:
        tls_params: { ecdh_curves: [P-999] }
        validation_context:
          trusted_ca: { inline_string: nothing }
          verify_certificate_hash: ["${'z'.repeat(64)}"]
- name: web
  connect_timeout: 1s
`,
  listener: `
- name: edge
  address: { socket_address: { address: 10.1.2.3, port_value: 8443 } }
  access_log:
    - name: first
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
        path: /var/log/first.log
        log_format: { text_format_source: { inline_string: "%START_TIME% %NO_SUCH_COMMAND%" } }
    - name: second
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
        path: /var/log/second.log
`,
  route: `
- name: web
  virtual_hosts:
    - name: one
      domains: ["*"]
      routes:
        - match: { safe_regex: { regex: "(a{1,100}){1,100}" } }
          route:
            cluster: app
            retry_policy:
              retry_back_off: { base_interval: 1s, max_interval: 0.5s }
        - match: { prefix: / }
          route: { cluster_specifier_plugin: nobody }
`,
};
const { resources } = placedSnapshot(TEXTS);

test.each([
  // The value itself: in quotes, after `name:`, or as it is.
  ['route', 'web', "route: unknown cluster 'app'", 'cluster: app'],
  ['route', 'web', 'Unknown cluster specifier plugin name: nobody is used in the route', 'nobody'],
  ['cluster', 'app', 'Failed to initialize ECDH curves P-999', 'P-999'],
  ['cluster', 'app', `Invalid hex-encoded SHA-256 ${'z'.repeat(64)}`, 'zzzz'],
  ['listener', 'edge', 'unable to open /var/log/second.log: denied', '/var/log/second.log'],
  // A piece of it.
  ['listener', 'edge', 'Not supported field in StreamInfo: NO_SUCH_COMMAND', 'NO_SUCH_COMMAND'],
  ['route', 'web', 'invalid repetition size: {1,100}', 'safe_regex'],
  // The name of its field, as Envoy's source or as English has it.
  ['route', 'web', 'retry_policy.max_interval must greater than or equal to the base_interval', 'max_interval'],
  ['cluster', 'app', 'Failed to load trusted CA certificates from <inline>', 'trusted_ca'],
  // Nothing to hold on to, or several things: the resource.
  ['listener', 'edge', 'Incorrect configuration', 'name: edge'],
  ['listener', 'edge', "the 'path' is not allowed", 'name: edge'],
] as const)('%s %s: "%s" is about %s', (kind, name, words, needle) => {
  const place = placeEnvoyWords(
    `'${name}' ${words}`,
    resources.filter((resource) => resource.kind === kind),
  );
  expect(place?.resource).toBe(`${kind} ${name}`);
  expect(`${place?.at.file}:${place?.at.line}`).toBe(lineOf(TEXTS, kind, needle));
});

test('a listener is known by its address too, and of several names the first said counts', () => {
  expect(placeEnvoyWords("cannot bind '10.1.2.3:8443'", resources)?.resource).toBe('listener edge');
  expect(placeEnvoyWords("listener 'edge': route: unknown cluster 'app'", resources)?.resource).toBe('listener edge');
  expect(placeEnvoyWords('edged out', resources)).toBeUndefined();
});

test('words that name no resource belong to the only one that has what they say', () => {
  const clusters = resources.filter(({ kind }) => kind === 'cluster');
  expect(placeByContent('Failed to initialize ECDH curves P-999', clusters)?.resource).toBe('cluster app');
  expect(placeByContent('connect_timeout is wrong', clusters)).toBeUndefined();
  expect(clusters.map(resourceLabel)).toEqual(['cluster app', 'cluster web']);
});

test("places in Envoy's own source are left out", () => {
  const words = 'app: bad format: X\n=== Source Location Trace: === \nsource/common/a.cc:305\nsource/b.h:1\n, web: bad';
  expect(plainWords(words)).toBe('app: bad format: X , web: bad');
});
