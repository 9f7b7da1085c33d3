import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { askedTypes } from '../../../controlplane/fleet/asked-types.ts';
import { FleetTracker, UNASKED_AFTER_MS } from '../../../controlplane/fleet/fleet-tracker.ts';
import type { NodeReading, NodeState } from '../../../controlplane/xds/node-state.ts';
import type { AckState } from '../../../controlplane/xds/subscription.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';

const T0 = 1_000_000;
const ACKED: AckState = { kind: 'acked', version: 'v1' };
const REFUSED: AckState = { kind: 'nacked', version: 'v1', reason: 'no such cluster' };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'Date'], now: T0 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** One client, which the control plane would have ask for these types, and its subscriptions. */
function client(missing: readonly string[], types: Readonly<Record<string, AckState>>) {
  const node = { id: 'edge-1', version: '1.40.0' } as NodeState['node'];
  const reading: NodeReading = {
    name: 'edge-1',
    node,
    digest: 'd1',
    applied: missing.length === 0 ? { kind: 'acked' } : { kind: 'silent', types: missing },
  };
  const tracker = new FleetTracker({
    nowEpochMs: () => Date.now(),
    readings: () => [reading],
    asked: () => askedTypes([{ node, connected: true, types: new Map(Object.entries(types)) }]),
    forget: () => {},
    onChange: () => {},
  });
  const state = () => tracker.nodes()[0]?.state;
  return { tracker, state };
}

test('a client that takes clusters alone is waited for as long as it may still ask, and then has applied them', () => {
  const { tracker, state } = client([XDS_TYPES.LDS], { [XDS_TYPES.CDS]: ACKED });
  tracker.heard('edge-1');
  vi.advanceTimersByTime(1_000);
  expect(state()).toBe('pending');
  vi.advanceTimersByTime(UNASKED_AFTER_MS - 2_000);
  expect(state()).toBe('pending');
  // Nobody says anything: it is looked at by itself.
  vi.advanceTimersByTime(2_000);
  expect(state()).toBe('applied');
  tracker.stop();
});

test('what it refuses is a refusal, though other types were never asked for', () => {
  const { tracker } = client([XDS_TYPES.LDS], { [XDS_TYPES.CDS]: REFUSED });
  tracker.heard('edge-1');
  vi.advanceTimersByTime(UNASKED_AFTER_MS + 1_000);
  expect(tracker.nodes()).toMatchObject([
    { state: 'refused', nacks: [{ typeUrl: XDS_TYPES.CDS, errorDetail: 'no such cluster' }] },
  ]);
  tracker.stop();
});

test.each([
  ['has asked for and not answered', [XDS_TYPES.CDS, XDS_TYPES.LDS], { [XDS_TYPES.CDS]: ACKED }],
  ['might ask for, as it has asked for nothing yet', [XDS_TYPES.CDS, XDS_TYPES.LDS], {}],
])('what a client %s is waited for, however long', (_what, missing, types) => {
  const { tracker, state } = client(missing, types);
  tracker.heard('edge-1');
  vi.advanceTimersByTime(10 * UNASKED_AFTER_MS);
  tracker.heard('edge-1');
  vi.advanceTimersByTime(1_000);
  expect(state()).toBe('pending');
  tracker.stop();
});
