import { execa } from 'execa';
import { expect, test } from 'vitest';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { snapshotOf } from '../serve/memory-source.ts';
import { rawClient } from '../xds/raw-client.ts';
import { edsCluster } from '../xds/small-mesh.ts';
import { adminWorld, fromFile, soon } from './admin-world.ts';

const CLUSTER = 'we"ird\\clu\nster';

test("Prometheus' own tool reads the metrics of a mesh with odd names and finds nothing to complain of", async () => {
  const mesh = snapshotOf({ ...edsCluster(CLUSTER), discovery: fromFile('hosts "1".yaml') });
  await using world = await adminWorld({ snapshot: mesh });
  await world.list('hosts "1".yaml', ['10.0.0.1']);
  using node = rawClient(world.server.port);
  node.send({ node: 'edge-1', typeUrl: XDS_TYPES.CDS });
  const text = await soon('hosts', async () => {
    const { text } = await world.ask('/metrics');
    return /meshgate_ramp_hosts\{[^}]*kind="served"\} 1\n/.test(text) && text.includes('meshgate_connected_nodes 1')
      ? text
      : undefined;
  });
  const check = await execa('promtool', ['check', 'metrics'], { input: text, reject: false, all: true });
  expect({ exitCode: check.exitCode, said: check.all }).toEqual({ exitCode: 0, said: '' });
  const spoilt = await execa('promtool', ['check', 'metrics'], {
    input: text.replaceAll(String.raw`we\"ird`, 'we"ird'),
    reject: false,
  });
  expect(spoilt.exitCode).not.toBe(0);
});
