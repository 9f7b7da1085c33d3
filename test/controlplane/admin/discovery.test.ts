import { expect, test } from 'vitest';
import { fleetHosts } from '../../../cli/actions/fleet-hosts.ts';
import type { CommandContext } from '../../../cli/command-context.ts';
import { snapshotOf } from '../serve/memory-source.ts';
import { edsCluster } from '../xds/small-mesh.ts';
import { adminWorld, fromFile, soon } from './admin-world.ts';

type Discovery = { clusters: { cluster: string; report?: object; findings: { rule: string }[] }[] };

test('a source that fails after it answered is in the API, the metrics, the reports, the log once, and mesh fleet hosts', async () => {
  const snapshot = snapshotOf({ ...edsCluster('found'), discovery: fromFile('found.yaml') });
  await using world = await adminWorld({ snapshot });
  const rules = async (): Promise<string[] | undefined> => {
    const { clusters } = (await world.ask('/discovery')).body as Discovery;
    return clusters[0]?.findings.map(({ rule }) => rule);
  };
  const cli = async (cluster?: string) => {
    const out: string[] = [];
    const stdout = { write: (text: string) => void out.push(text) };
    const context = { stdout, env: {}, signal: new AbortController().signal } as unknown as CommandContext;
    const exitCode = await fleetHosts(cluster, { admin: `127.0.0.1:${world.port}` }, context);
    return { exitCode, text: out.join('') };
  };
  await world.list('found.yaml', ['10.0.0.1', '10.0.0.2']);
  await soon('hosts', async () => {
    const { clusters } = (await world.ask('/discovery')).body as Discovery;
    return JSON.stringify(clusters[0]?.report ?? {}).includes('"current"') || undefined;
  });
  expect(await rules()).toEqual([]);
  expect((await world.ask('/metrics')).text).toContain(
    'meshgate_discovery_findings{cluster="found",rule="discovery-stale",severity="warning"} 0\n',
  );
  expect(await cli('found')).toMatchObject({
    exitCode: 0,
    text: expect.stringMatching(/found +file found.yaml +current +2 /),
  });

  await world.forget('found.yaml');
  await soon('a finding', async () => (await rules())?.includes('discovery-stale') || undefined);
  const { text } = await world.ask('/metrics');
  expect(text).toContain('meshgate_discovery_findings{cluster="found",rule="discovery-stale",severity="warning"} 1\n');
  expect(text).toMatch(/meshgate_discovery_source_failing_since_timestamp_seconds\{cluster="found",[^}]*\} \d/);
  await soon('a report with it', async () => {
    const found = world.reports.at(-1)?.findings?.map(({ rule, resource }) => ({ rule, resource }));
    return found?.some(({ rule, resource }) => rule === 'discovery-stale' && resource === 'cluster found') || undefined;
  });
  expect(await cli()).toMatchObject({
    exitCode: 1,
    text: expect.stringMatching(/cluster found: discovery-stale: saw file found/),
  });
  await expect(cli('other')).rejects.toThrow('want one with discovery: found');

  await world.list('found.yaml', ['10.0.0.1', '10.0.0.2']);
  await soon('no finding', async () => (await rules())?.length === 0 || undefined);
  const told = world.said.filter((line) => line.includes('discovery-stale'));
  expect(told).toEqual([
    expect.stringMatching(/^cluster found: discovery-stale: saw file found\.yaml fails since/),
    'cluster found: discovery-stale is over',
  ]);
});
