import { expect, test } from 'vitest';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { rawClient } from '../xds/raw-client.ts';
import { edsCluster, route } from '../xds/small-mesh.ts';
import { memorySource, snapshotOf } from './memory-source.ts';
import { serveStage } from './serve-stage.ts';

const { CDS, RDS } = XDS_TYPES;
const nothing = new AbortController().signal;

const serving = (source: ReturnType<typeof memorySource>) =>
  serveStage({
    source,
  });

/** A node with clusters and one route table, which holds what `held` says. */
function meshNode(port: number, held: { readonly cds?: string; readonly rds?: string } = {}) {
  const client = rawClient(port);
  client.send({ node: 'edge', typeUrl: CDS, version: held.cds ?? '' });
  client.send({ typeUrl: RDS, names: ['main'], version: held.rds ?? '' });
  return {
    ...client,
    next: (typeUrl: string, from = 0) =>
      pollUntil(`an answer of ${typeUrl}`, 15_000, nothing, async () =>
        client.answers.slice(from).find((answer) => answer.typeUrl === typeUrl),
      ),
  };
}

test.each(['before', 'after'])(
  'a change while no control plane ran takes no cluster from a node whose routes name it (connected %s the first look)',
  async (when) => {
    const source = memorySource();
    source.hold(snapshotOf(edsCluster('one'), route('main', 'one')));
    const held = { cds: '', rds: '' };
    {
      await using server = await serving(source);
      using node = meshNode(server.port);
      const clusters = await node.next(CDS);
      node.send({ typeUrl: CDS, nonce: clusters.nonce, version: clusters.versionInfo });
      const routes = await node.next(RDS);
      held.cds = clusters.versionInfo;
      held.rds = routes.versionInfo;
    }
    source.setGone(when === 'before');
    source.hold(snapshotOf(edsCluster('two'), route('main', 'two')));
    await using server = await serving(source);
    using node = meshNode(server.port, held);
    source.setGone(false);
    const both = await node.next(CDS);
    expect(both.resources).toBe(2);
    expect(node.answers.filter(({ typeUrl }) => typeUrl === RDS)).toEqual([]);
    node.send({ typeUrl: CDS, nonce: both.nonce, version: both.versionInfo });
    const routes = await node.next(RDS);
    node.send({ typeUrl: RDS, names: ['main'], nonce: routes.nonce, version: routes.versionInfo });
    expect((await node.next(CDS, node.answers.length)).resources).toBe(1);
  },
);
