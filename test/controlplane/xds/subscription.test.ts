import { describe, expect, test } from 'vitest';
import type { DiscoveryRequest } from '../../../controlplane/xds/discovery-messages.ts';
import { isDue, onRequest, onSent, type Subscription } from '../../../controlplane/xds/subscription.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';

const request = (typeUrl: string, more: Partial<DiscoveryRequest> = {}): DiscoveryRequest => ({
  kind: 'request',
  typeUrl,
  versionInfo: '',
  node: undefined,
  resourceNames: [],
  responseNonce: '',
  errorDetail: undefined,
  ...more,
});
const first = (typeUrl: string, more: Partial<DiscoveryRequest> = {}): Subscription =>
  onRequest(undefined, request(typeUrl, more)).subscription;
const { CDS, EDS } = XDS_TYPES;

describe('what a request means', () => {
  test('the first one subscribes: a full-state type to all, another to its names', () => {
    expect(first(CDS)).toMatchObject({ names: 'all', ack: { kind: 'unsent' }, heldVersion: '' });
    expect(first(EDS, { resourceNames: ['a'] }).names).toEqual(new Set(['a']));
    expect(first(CDS, { resourceNames: ['*', 'a'] }).names).toBe('all');
  });

  test('a version in the first request is what the node holds from an earlier stream', () => {
    const again = first(CDS, { versionInfo: 'v1', responseNonce: 'of another stream' });
    expect(isDue(again, 'v1')).toBe(false);
    expect(isDue(again, 'v2')).toBe(true);
  });

  test('an ACK holds the version', () => {
    const sent = onSent(first(CDS), 'v1', '1');
    expect(isDue(sent, 'v2')).toBe(false);
    const { meaning, subscription } = onRequest(sent, request(CDS, { versionInfo: 'v1', responseNonce: '1' }));
    expect([meaning, subscription.ack, subscription.heldVersion]).toEqual([
      'ack',
      { kind: 'acked', version: 'v1' },
      'v1',
    ]);
    expect([isDue(subscription, 'v1'), isDue(subscription, 'v2')]).toEqual([false, true]);
  });

  test('a NACK keeps what is held, and its version is not due again; any other is, also the one that is held', () => {
    const held = onRequest(onSent(first(CDS), 'v1', '1'), request(CDS, { versionInfo: 'v1', responseNonce: '1' }));
    const sent = onSent(held.subscription, 'v2', '2');
    const nack = request(CDS, { versionInfo: 'v1', responseNonce: '2', errorDetail: 'bad' });
    const { meaning, subscription } = onRequest(sent, nack);
    expect([meaning, subscription.ack]).toEqual(['nack', { kind: 'nacked', version: 'v2', reason: 'bad' }]);
    expect(subscription.heldVersion).toBe('v1');
    expect(['v1', 'v2', 'v3'].map((version) => isDue(subscription, version))).toEqual([true, false, true]);
  });

  test('an older nonce changes nothing, whatever else the request says', () => {
    const sent = onSent(onSent(first(EDS, { resourceNames: ['a'] }), 'v1', '1'), 'v2', '2');
    const stale = request(EDS, { responseNonce: '1', resourceNames: ['b'], errorDetail: 'bad' });
    expect(onRequest(sent, stale)).toEqual({ meaning: 'stale', subscription: sent });
  });

  test('names that change after an ACK subscribe; the same names again ask for the same once more', () => {
    const sent = onSent(first(EDS, { resourceNames: ['a'] }), 'v1', '1');
    const acked = onRequest(sent, request(EDS, { responseNonce: '1', resourceNames: ['a'] })).subscription;
    const more = onRequest(acked, request(EDS, { responseNonce: '1', resourceNames: ['a', 'b'] }));
    expect([more.meaning, more.subscription.names]).toEqual(['subscribe', new Set(['a', 'b'])]);
    expect(isDue(more.subscription, 'v1')).toBe(false);
    const again = onRequest(acked, request(EDS, { responseNonce: '1', resourceNames: ['a'] })).subscription;
    expect(isDue(again, 'v1')).toBe(true);
    expect(isDue(onSent(again, 'v1', '2'), 'v1')).toBe(false);
  });

  test('a full-state type that named some resources and names none now wants none', () => {
    const some = onSent(first(CDS, { resourceNames: ['a'] }), 'v1', '1');
    expect(onRequest(some, request(CDS, { responseNonce: '1' })).subscription.names).toEqual(new Set());
  });
});
