import { expect, test } from 'vitest';
import { storeFleetSink } from '../../pipeline/observe/store-fleet-sink.ts';
import type { Digest } from '../../render/ids.ts';
import type { SharedStore, World } from '../pipeline/engine/engine-world.ts';
import { boardOf, send } from './board-world.ts';

/** That of answers which did not change nothing is sent; over a world with promotions in beta and canary. */
export function unchangedAnswers(
  now: () => { readonly shared: SharedStore; readonly mesh: World; readonly dist: string },
): void {
  test('what is as it was is not sent again, however late it is asked for, and by whichever board; a change is', async () => {
    const { shared, mesh, dist } = now();
    // A step of the charts begins, so that none ends between the two looks.
    const at = Math.ceil(shared.clock.nowEpochMs() / 30_000) * 30_000;
    const { live } = await shared.store.read.stage(mesh.beta);
    const report = (atEpochMs: number): Promise<unknown> =>
      storeFleetSink(shared.store)({
        id: 'plane-1',
        stage: mesh.beta,
        servedDigest: live?.digest,
        problem: undefined,
        stateSinceEpochMs: at,
        atEpochMs,
        nodes: ['applied', 'refused'].map((state) => ({
          nodeId: `edge-${state}`,
          envoyVersion: '1.40.0',
          servedDigest: live?.digest as Digest,
          state,
          nacks: [],
          connectedSinceEpochMs: at,
          stateSinceEpochMs: at,
          seenEpochMs: atEpochMs,
        })),
        forgotten: [],
        traffic: [],
      } as unknown as Parameters<ReturnType<typeof storeFleetSink>>[0]);
    const paths = [
      'stages',
      `promotions/${mesh.beta}-2`,
      `promotions/${mesh.canary}-1`,
      `promotions/${mesh.canary}-2`,
      `mesh/${mesh.beta}`,
      `mesh/${mesh.beta}/services/app`,
      'fleet',
      'history',
      `compare?from=${mesh.beta}&to=main`,
      'compare/choices',
      'me',
    ];
    /** By a board that has looked at nothing yet. */
    const look = async (
      known: ReadonlyMap<string, string>,
    ): Promise<readonly (readonly [string, number, string])[]> => {
      await using fresh = await boardOf(shared, mesh, dist);
      const asked = paths.map(async (path) => {
        const etag = known.get(path);
        const headers: Record<string, string> = etag === undefined ? {} : { 'if-none-match': etag };
        const given = await send(`${fresh.url}/api/${path}`, { headers });
        return [path, given.status, String(given.headers.etag)] as const;
      });
      return await Promise.all(asked);
    };
    shared.clock.at = at;
    await report(at);
    const first = await look(new Map());
    expect(first.map(([path, status]) => [path, status])).toEqual(paths.map((path) => [path, 200]));
    const known = new Map(first.map(([path, , etag]) => [path, etag]));
    shared.clock.at = at + 4_000;
    await report(at + 4_000);
    expect((await look(known)).map(([path, status]) => [path, status])).toEqual(paths.map((path) => [path, 304]));

    await mesh.as('ada')({ kind: 'freeze', stage: mesh.beta, reason: 'a holiday' });
    const after = new Map((await look(known)).map(([path, status]) => [path, status]));
    expect([after.get('stages'), after.get('history'), after.get('fleet')]).toEqual([200, 200, 304]);
  });
}
