import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { fleetRows } from '../../board/api/fleet-rows.ts';
import { fleetPayload } from '../../board/read/fleet-payload.ts';
import type { FleetNode } from '../../pipeline/observe/fleet-view.ts';
import type { Digest } from '../../render/ids.ts';

const NOW = 1_800_000_000_000;
const node = (index: number): FleetNode => ({
  nodeId: `edge-${String(index).padStart(5, '0')}.zone-${index % 3}.example`,
  envoyVersion: index % 2 ? '1.40.0' : '1.36.4',
  servedDigest: (index % 7 ? 'a' : 'b').repeat(64) as Digest,
  state: index % 1_000 === 1 ? 'refused' : index === 9_999 ? 'gone' : 'applied',
  nacks: index % 1_000 === 1 ? [{ typeUrl: 'type.x/own.Type', resourceNames: ['r'], errorDetail: `no ${index}` }] : [],
  connectedSinceEpochMs: NOW - index * 977,
  stateSinceEpochMs: NOW - index * 131,
  seenEpochMs: NOW - (index % 5_000),
});
const nodes = Array.from({ length: 10_000 }, (_, index) => node(index));
const told = { said: [], stale: [] };

test('10,000 Envoys are sent whole, small, and come out as they went in', () => {
  const payload = fleetPayload({ stages: [{ name: 'release', nodes }], told }, {});
  const rows = fleetRows(JSON.parse(JSON.stringify(payload)));
  expect(rows).toHaveLength(10_000);
  for (const index of [0, 1, 5_001, 9_999]) {
    const { nodeId, envoyVersion, servedDigest, state, connectedSinceEpochMs, stateSinceEpochMs, seenEpochMs } =
      node(index);
    const times = { connectedSinceEpochMs, stateSinceEpochMs, ...(state === 'gone' ? { seenEpochMs } : {}) };
    const own = { node: nodeId, stage: 'release', version: envoyVersion, digest: servedDigest, state };
    expect(rows[index]).toMatchObject({ ...own, ...times });
    expect(rows[index]?.seenEpochMs !== undefined).toBe(index === 9_999);
  }
  expect(rows[5_001]?.refused).toEqual([{ type: 'type.x/own.Type', resources: ['r'], reason: 'no 5001' }]);
  expect(rows[0]?.types).toBeUndefined();
  expect(gzipSync(JSON.stringify(payload)).length).toBeLessThan(260_000);
});

test.each([
  [{ state: 'refused' }, 10],
  [{ version: '1.40.0' }, 5_000],
  [{ text: 'ZONE-1' }, 3_333],
  [{ stage: 'beta' }, 0],
  [{ stage: 'release', state: 'applied', version: '1.36.4', text: 'edge-0000' }, 5],
] as const)('they are narrowed by %j', (query, count) => {
  const payload = fleetPayload({ stages: [{ name: 'release', nodes }], told }, query);
  expect(payload.rows).toHaveLength(count);
});
