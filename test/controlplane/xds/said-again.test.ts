import { expect, test } from 'vitest';
import { onDeltaRequest } from '../../../controlplane/xds/delta-requests.ts';
import type { DeltaRequest, SotwRequest } from '../../../controlplane/xds/discovery-requests.ts';
import { decodeDeltaRequest, decodeSotwRequest } from '../../../controlplane/xds/discovery-requests.ts';
import { NameSets, TooManyNames } from '../../../controlplane/xds/name-set.ts';
import { EMPTY, TypeState } from '../../../controlplane/xds/selection.ts';
import { onSotwRequest } from '../../../controlplane/xds/sotw-requests.ts';
import { Steps } from '../../../controlplane/xds/step.ts';
import { onSent, type Subscription, withAnew } from '../../../controlplane/xds/subscription.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { encodeDeltaRequest, encodeRequest, type RawDeltaRequest } from './raw-client.ts';

const { EDS } = XDS_TYPES;
const state = new TypeState(['a', 'b'].map((name) => ({ name, version: '1', bytes: new Uint8Array() })));
const nameSets = new NameSets(10);

const delta = (subscribe: readonly string[], more: Partial<RawDeltaRequest> = {}): DeltaRequest => {
  const request = decodeDeltaRequest(Buffer.from(encodeDeltaRequest({ node: 'n', typeUrl: EDS, subscribe, ...more })));
  if (request.kind === 'malformed') throw new Error(request.problem);
  return request;
};
const sotw = (names: readonly string[], nonce: string): SotwRequest => {
  const request = decodeSotwRequest(Buffer.from(encodeRequest({ node: 'n', typeUrl: EDS, names, nonce })));
  if (request.kind === 'malformed') throw new Error(request.problem);
  return request;
};
/** With an answer that the node never answers. */
const waiting = (subscription: Subscription): Subscription =>
  onSent(subscription, new Steps(EDS, subscription.variant).between(EMPTY, state.select(subscription.names)), 'n2');

test('a node that does not answer costs no more for whatever it says again and again', () => {
  const served = (_: string, names: Subscription['names']) => state.select(names);
  const heldAt = () => undefined;
  let asking = waiting(onDeltaRequest(undefined, EDS, delta(['a', 'b']), { nameSets, served }).subscription);
  let giving = waiting(onSotwRequest(undefined, EDS, sotw(['a', 'b'], ''), { nameSets, heldAt }).subscription);
  for (let at = 0; at < 100; at += 1) {
    asking = withAnew(onDeltaRequest(asking, EDS, delta(['a']), { nameSets, served }).subscription, ['b']);
    giving = onSotwRequest(giving, EDS, sotw(['b'], 'n1'), { nameSets, heldAt }).subscription;
  }
  expect([asking.again, asking.anew, giving.again]).toEqual([['a'], ['b'], ['a']]);
});

const served = (_: string, names: Subscription['names']) => state.select(names);
const take = (before: Subscription | undefined, request: DeltaRequest): Subscription =>
  onDeltaRequest(before, EDS, request, { nameSets, served }).subscription;

test('nor for names that are new each time, and given up again', () => {
  let asking = waiting(take(undefined, delta(['a'])));
  for (let at = 0; at < 100; at += 1) {
    asking = take(asking, delta([`n${at}`]));
    asking = take(asking, delta([], { unsubscribe: [`n${at}`] }));
  }
  expect([...asking.names.names, ...asking.again]).toEqual(['a']);
});

test.each([true, false])(
  'beside a wildcard it has to be told of each, up to as many as it may ask for (an answer is under way: %s)',
  (isWaiting) => {
    const first = take(undefined, delta(['*']));
    let asking = isWaiting ? waiting(first) : first;
    const sayMany = (): void => {
      for (let at = 0; at < 100; at += 1) {
        asking = take(asking, delta([`n${at}`]));
        asking = take(asking, delta([], { unsubscribe: [`n${at}`] }));
      }
    };
    expect(sayMany).toThrow(TooManyNames);
    // Beside those that are served, `a` and `b`.
    expect(isWaiting ? asking.again.length : asking.held.entries.size - 2).toBe(10);
  },
);

test('one that comes back says of no more names what it holds than it may ask for', () => {
  const holds = Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`n${at}`, '1']));
  expect(() => take(undefined, delta(['*'], { holds }))).toThrow(TooManyNames);
});
