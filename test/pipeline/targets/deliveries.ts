import type { PolicyVersion, PromotionId, Revision } from '../../../pipeline/ids.ts';
import type { Delivery } from '../../../pipeline/targets/target.ts';
import type { Digest, StageName } from '../../../render/ids.ts';
import type { JsonObject } from '../../../render/json.ts';
import { makeSnapshot, type Snapshot } from '../../../render/snapshot.ts';

const AT = { file: 'clusters/all.yaml', line: 1, column: 1 };

/** Two clusters and a route to one of them; `timeout` makes one snapshot differ from another. */
export function snapshotWith(timeout: string, more: readonly JsonObject[] = []): Snapshot {
  const clusters = [{ name: 'payments', connectTimeout: timeout }, { name: 'search', connectTimeout: '1s' }, ...more];
  const route = {
    name: 'edge',
    virtualHosts: [
      { name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'payments' } }] },
    ],
  };
  return makeSnapshot('beta' as StageName, [
    ...clusters.map((body: JsonObject) => ({ kind: 'cluster' as const, name: String(body.name), body, at: AT })),
    { kind: 'route', name: 'edge', body: route, at: AT },
  ]);
}

export type DeliveryOptions = { readonly direction?: 'forward' | 'back'; readonly snapshot?: Snapshot };

/** The delivery of a promotion; by default of a snapshot of its own. */
export function deliveryOf(promotion: string, options: DeliveryOptions = {}): Delivery {
  const { direction = 'forward', snapshot = snapshotWith(`${promotion.length}.${hashOf(promotion)}s`) } = options;
  return {
    snapshot,
    manifest: {
      format: 1,
      stage: 'beta' as StageName,
      digest: snapshot.digest as Digest,
      revision: 'a'.repeat(40) as Revision,
      policyVersion: 'p1' as PolicyVersion,
      promotion: promotion as PromotionId,
      direction,
      by: ['ada', 'slack:T1/U2'],
      atIso: '2026-11-22T10:00:00.000Z',
    },
  };
}

const hashOf = (text: string): number =>
  [...text].reduce((sum, c) => (sum * 31 + (c.codePointAt(0) ?? 0)) % 1_000_000, 7);

/** A snapshot of about this many bytes. */
export function bigSnapshot(bytes: number): Snapshot {
  const more = Array.from({ length: Math.ceil(bytes / 1_000) }, (_, index) => ({
    name: `service-${String(index).padStart(5, '0')}`,
    connectTimeout: '1s',
    altStatName: String(index).repeat(900).slice(0, 900),
  }));
  return snapshotWith('2s', more);
}
