import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { GROUP_METADATA } from '../../../conformance/cell/bootstrap.ts';
import { PINNED_ENVOY_VERSIONS } from '../../../conformance/launcher/envoy-binary.ts';
import { pollUntil } from '../../../conformance/poll-until.ts';
import type { ConversationEntry } from '../../../controlplane/conversation.ts';
import { startControlPlane } from '../../../controlplane/xds/control-plane.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { realNode } from './real-node.ts';
import {
  edsCluster,
  endpoints,
  listener,
  rds,
  refusedListener,
  route,
  runtime,
  served,
  upstream,
} from './small-mesh.ts';

const OLDEST = PINNED_ENVOY_VERSIONS[0] ?? '';
const NEWEST = PINNED_ENVOY_VERSIONS.at(-1) ?? '';
const { CDS, EDS, LDS, RDS, RTDS } = XDS_TYPES;
const APPLY_MS = 30_000;
const nothing = new AbortController().signal;

const open = (port = 0) => startControlPlane({ host: '127.0.0.1', port, groupMetadata: GROUP_METADATA });
const responses = (entries: readonly ConversationEntry[], typeUrl?: string) =>
  entries.filter((entry) => entry.kind === 'response').filter((entry) => !typeUrl || entry.typeUrl === typeUrl);
const says = (entries: readonly ConversationEntry[], meaning: string, typeUrl: string, after = -1): number =>
  entries.findIndex(
    (entry, index) =>
      index > after && entry.kind === 'request' && entry.meaning === meaning && entry.typeUrl === typeUrl,
  );

describe.each([OLDEST, NEWEST])('control plane with a real Envoy %s', (version) => {
  test('cold boot: every type is taken, traffic flows, a runtime value arrives and changes', async () => {
    await using one = await upstream('one');
    await using controlPlane = await open();
    const group = controlPlane.openGroup('cold');
    const mesh = [edsCluster('one'), endpoints('one', one.port), route('main', 'one'), listener('web', rds('main'))];
    group.setSnapshot(served('d1', ...mesh, runtime('flags', { 'test.flag': 7 })));
    await using node = await realNode(version, controlPlane.port, 'cold', ['flags']);
    expect(await group.awaitApplied(APPLY_MS)).toEqual({ kind: 'acked' });

    const [state] = controlPlane.nodes();
    expect(state).toMatchObject({
      group: 'cold',
      connected: true,
      node: { id: 'cold', cluster: 'test', metadata: { zone: 'a' } },
    });
    expect([...(state?.types ?? [])].map(([type, { kind }]) => [type, kind]).sort()).toEqual(
      [CDS, EDS, LDS, RDS, RTDS].map((type) => [type, 'acked']).sort(),
    );
    expect(await controlPlane.awaitApplied('cold', 'd1', APPLY_MS)).toEqual({ kind: 'acked' });
    expect(await controlPlane.awaitApplied('cold', 'another', 10)).toMatchObject({ kind: 'silent' });
    const port = (await node.portOf('web')) ?? 0;
    expect(await node.ask(port)).toEqual({ status: 200, body: 'one' });
    expect(await node.admin('/runtime?format=json')).toContain('"test.flag"');

    const before = responses(group.conversation()).length;
    group.setSnapshot(served('d2', ...mesh, runtime('flags', { 'test.flag': 8 })));
    expect(await group.awaitApplied(APPLY_MS)).toEqual({ kind: 'acked' });
    const entries = responses(group.conversation()).slice(before);
    expect(entries.map(({ typeUrl }) => typeUrl)).toEqual([RTDS]);
    expect(await node.admin('/runtime?format=json')).toMatch(/"test\.flag":\s*\{[^}]*"final_value":\s*"8"/);
  });

  test('make before break: traffic moves to a new cluster and the old one goes, without one failed request', async () => {
    await using one = await upstream('one');
    await using two = await upstream('two');
    await using controlPlane = await open();
    const group = controlPlane.openGroup('move');
    const web = listener('web', rds('main'));
    group.setSnapshot(served('d1', edsCluster('one'), endpoints('one', one.port), route('main', 'one'), web));
    await using node = await realNode(version, controlPlane.port, 'move');
    expect(await group.awaitApplied(APPLY_MS)).toEqual({ kind: 'acked' });
    const port = (await node.portOf('web')) ?? 0;

    const answers: string[] = [];
    let going = true;
    const traffic = (async () => {
      while (going) {
        const { status, body } = await node.ask(port);
        answers.push(status === 200 ? body : `${status} ${body}`);
        await turn();
      }
    })();
    const start = group.conversation().length;
    group.setSnapshot(served('d2', edsCluster('two'), endpoints('two', two.port), route('main', 'two'), web));
    expect(await group.awaitApplied(APPLY_MS)).toEqual({ kind: 'acked' });
    const done = answers.length;
    await pollUntil('traffic after the change', APPLY_MS, nothing, async () => answers.length > done + 5 || undefined);
    going = false;
    await traffic;
    expect(new Set(answers)).toEqual(new Set(['one', 'two']));
    expect(answers.at(-1)).toBe('two');

    const entries = group.conversation().slice(start);
    const [both, alone] = responses(entries, CDS);
    expect([both?.resourceNames, alone?.resourceNames]).toEqual([['two', 'one'], ['two']]);
    expect(responses(entries, CDS)).toHaveLength(2);
    expect(responses(entries, LDS)).toEqual([]);
    const at = (entry: ConversationEntry | undefined) => (entry ? entries.indexOf(entry) : -1);
    const clustersTaken = says(entries, 'ack', CDS);
    const endpointsTaken = says(entries, 'ack', EDS);
    const [routes] = responses(entries, RDS);
    expect(at(routes)).toBeGreaterThan(clustersTaken);
    expect(at(routes)).toBeGreaterThan(endpointsTaken);
    expect(clustersTaken).toBeGreaterThan(-1);
    expect(at(alone)).toBeGreaterThan(says(entries, 'ack', RDS));
    expect(await node.admin('/clusters')).not.toMatch(/^one::/m);
  });

  test('a refused listener: the others run, Envoy says why, and it is not sent again until it changes', async () => {
    await using one = await upstream('one');
    await using controlPlane = await open();
    const group = controlPlane.openGroup('nack');
    const base = [edsCluster('one'), endpoints('one', one.port), route('main', 'one')];
    const web = listener('web', rds('main'));
    group.setSnapshot(served('d1', ...base, web));
    await using node = await realNode(version, controlPlane.port, 'nack');
    expect(await group.awaitApplied(APPLY_MS)).toEqual({ kind: 'acked' });
    const port = (await node.portOf('web')) ?? 0;

    const more = listener('more', rds('main'));
    group.setSnapshot(served('d2', ...base, web, refusedListener('bad'), more));
    expect(await group.awaitApplied(APPLY_MS)).toMatchObject({
      kind: 'nacked',
      nacks: [{ typeUrl: LDS, resourceNames: ['web', 'bad', 'more'], errorDetail: expect.stringContaining('bad: ') }],
    });
    expect(await node.ask(port)).toEqual({ status: 200, body: 'one' });
    expect(await node.ask((await node.portOf('more')) ?? 0)).toEqual({ status: 200, body: 'one' });
    const nack = group.conversation().find((entry) => entry.kind === 'request' && entry.meaning === 'nack');
    expect(nack).toMatchObject({ typeUrl: LDS, errorDetail: expect.stringContaining('bad: ') });

    // The same content under another name, and a change of another type: neither sends the refused listeners again.
    const sent = responses(group.conversation(), LDS).length;
    group.setSnapshot(
      served('d3', edsCluster('one', { connectTimeout: '2s' }), ...base.slice(1), web, refusedListener('bad'), more),
    );
    expect(await group.awaitApplied(APPLY_MS)).toMatchObject({ kind: 'nacked' });
    expect(await node.admin('/config_dump?resource=dynamic_active_clusters')).toContain('"connect_timeout": "2s"');
    expect(responses(group.conversation(), LDS)).toHaveLength(sent);

    group.setSnapshot(served('d4', ...base, web, more));
    expect(await group.awaitApplied(APPLY_MS)).toEqual({ kind: 'acked' });
    expect(responses(group.conversation(), LDS)).toHaveLength(sent + 1);
  });

  test('an Envoy that reconnects is sent nothing that it holds, and then only what changed', async () => {
    await using one = await upstream('one');
    const mesh = [edsCluster('one'), endpoints('one', one.port), listener('web', rds('main'))];
    let controlPlane = await open();
    const { port } = controlPlane;
    let group = controlPlane.openGroup('again');
    group.setSnapshot(served('d1', ...mesh, route('main', 'one')));
    await using node = await realNode(version, port, 'again');
    expect(await group.awaitApplied(APPLY_MS)).toEqual({ kind: 'acked' });
    await controlPlane[Symbol.asyncDispose]();

    controlPlane = await open(port);
    await using stack = new AsyncDisposableStack();
    stack.use(controlPlane);
    group = controlPlane.openGroup('again');
    group.setSnapshot(served('d1', ...mesh, route('main', 'one')));
    expect(await group.awaitApplied(APPLY_MS)).toEqual({ kind: 'acked' });
    const claims = group.conversation().filter((entry) => entry.kind === 'request' && entry.meaning === 'first');
    expect(new Set(claims.map((entry) => 'typeUrl' in entry && entry.typeUrl))).toEqual(new Set([CDS, EDS, LDS, RDS]));
    expect(responses(group.conversation())).toEqual([]);

    group.setSnapshot(served('d2', ...mesh, route('other', 'one'), route('main', 'one')));
    group.setSnapshot(served('d3', ...mesh, route('main', 'nowhere')));
    expect(await group.awaitApplied(APPLY_MS)).toEqual({ kind: 'acked' });
    expect(responses(group.conversation()).map(({ typeUrl }) => typeUrl)).toEqual([RDS]);
    expect(await node.ask((await node.portOf('web')) ?? 0)).toMatchObject({ status: 503 });
  });
});
