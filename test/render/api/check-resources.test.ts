import { describe, expect, test } from 'vitest';
import { apiSetFor, newestApiSet } from '../../../render/api/api-set.ts';
import { canonicaliser } from '../../../render/api/canonicaliser.ts';
import { checkResources } from '../../../render/api/check-resources.ts';
import { withoutRepeats } from '../../../render/api/merge-findings.ts';
import { API_RULES } from '../../../render/api/rules.ts';
import type { EnvoyVersion } from '../../../render/ids.ts';
import { at, cluster, listenerWith, routeConfig, typed } from './messages.ts';

const versions = (...names: string[]) => names as EnvoyVersion[];
const ALL = versions('1.36.4', '1.37.0', '1.38.3', '1.39.3', '1.40.0');
const route = (match = {}) => ({ kind: 'route', body: routeConfig({}, match), at }) as const;

describe('every Envoy version of a stage', () => {
  test('what holds for all names none, what holds for some names them', () => {
    const later = route({ cookies: [{ name: 'a', string_match: { exact: 'b' } }] });
    const wrong = { kind: 'cluster', body: cluster({ connect_timeout: '1' }), at } as const;
    const findings = checkResources([later, wrong], undefined, ALL);
    expect(findings.filter(({ rule }) => rule === 'bad-duration').map(({ envoy }) => envoy)).toEqual([undefined]);
    const unknown = findings.filter(({ rule }) => rule === 'unknown-field').flatMap(({ envoy }) => envoy ?? ['all']);
    expect(unknown).toContain('1.36.4');
    expect(unknown).not.toContain('1.40.0');
    expect(findings.every(({ resource }) => resource === 'route r' || resource === 'cluster c')).toBe(true);
  });

  test('an extension that only later versions have', () => {
    const filter = typed('envoy.extensions.filters.http.a2a.v3.A2a');
    const body = listenerWith(
      typed('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
        stat_prefix: 'x',
        rds: { config_source: { ads: {} } },
        http_filters: [{ name: 'a', typed_config: filter }],
      }),
    );
    const findings = checkResources([{ kind: 'listener', body, at }], undefined, ALL);
    expect(findings.flatMap(({ envoy }) => envoy ?? ['all'])).toContain('1.36.4');
    expect(findings.flatMap(({ envoy }) => envoy ?? ['all'])).not.toContain('1.40.0');
  });

  test('a version without a set of its own is checked with the nearest older one and told how to add it', () => {
    expect(apiSetFor('1.41.2')).toEqual({ set: newestApiSet(), exact: false });
    expect(apiSetFor('1.38.9')).toMatchObject({ set: { minor: '1.38' }, exact: true });
    const unknown = { kind: 'cluster', body: cluster({ not_yet: 1 }), at } as const;
    const [finding] = checkResources([unknown], undefined, versions('1.41.2'));
    expect(finding?.want).toContain('node tools/descriptors/build.ts 1.41');
  });

  test('the bootstrap is checked too, and what its runtime allows is a warning', () => {
    const limits = [
      { actions: [{ dynamic_metadata: { descriptor_key: 'a', metadata_key: { key: 'a', path: [{ key: 'b' }] } } }] },
    ];
    const body = routeConfig({ rate_limits: limits });
    const key = 'envoy.deprecated_features:envoy.config.route.v3.RateLimit.Action.dynamic_metadata';
    const bootstrap = { layered_runtime: { layers: [{ name: 's', static_layer: { [key]: true } }] } };
    const judge = (with_?: typeof bootstrap) =>
      checkResources([{ kind: 'route', body, at }], with_, versions('1.40.0')).map(({ rule }) => rule);
    expect(judge()).toEqual(['disallowed-field']);
    expect(judge(bootstrap)).toEqual(['deprecated-field']);
    // the canonical form is the same for every stage, and so nothing that a bootstrap decides
    expect(canonicaliser(newestApiSet())({ kind: 'route', body, at })).toMatchObject({
      resource: { name: 'r' },
      findings: [],
    });
    expect(checkResources([], { foo: 1 }, ALL).map(({ rule, path }) => `${rule} ${path}`)).toEqual([
      'unknown-field foo',
    ]);
  });

  test('repeats are left out', () => {
    const findings = checkResources(
      [{ kind: 'cluster', body: cluster({ foo: 1 }), at }],
      undefined,
      versions('1.40.0'),
    );
    const narrowed = findings.map((finding) => ({ ...finding, envoy: ['1.40.0'] }));
    expect(withoutRepeats([...findings, ...narrowed, ...findings])).toEqual(findings);
  });

  test('every rule has a code of its own', () => {
    expect(new Set(API_RULES.map(({ code }) => code)).size).toBe(API_RULES.length);
  });
});
