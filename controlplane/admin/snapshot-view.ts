import type { StageServer } from '../serve/stage-server.ts';
import { inAddOrder } from '../xds/xds-types.ts';
import { shortTypeOf } from './short-type.ts';

/** What is served, without its contents: a resource may hold what is nobody's business. */
export type SnapshotView = {
  readonly stage: string;
  /** What was promoted; the hosts that are found are not part of it. */
  readonly digest: string;
  /** By the short name of the type. */
  readonly resources: Readonly<Record<string, readonly ServedResourceView[]>>;
};

export type ServedResourceView = {
  readonly name: string;
  /** The hash of its content, the same on each control plane. */
  readonly version: string;
  readonly bytes: number;
};

/** `typeUrl`: of that type alone. Undefined: nothing is served. */
export function snapshotView(server: StageServer, typeUrl: string | undefined): SnapshotView | undefined {
  const now = server.servedNow();
  if (!now) return undefined;
  const { digest, resources } = now.served;
  const urls = typeUrl === undefined ? inAddOrder(resources.keys()) : [typeUrl];
  return {
    stage: server.stage,
    digest,
    resources: Object.fromEntries(
      urls.map((url) => [
        shortTypeOf(url),
        (resources.get(url) ?? [])
          .map(({ name, version, bytes }) => ({ name, version, bytes: bytes.byteLength }))
          .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      ]),
    ),
  };
}
