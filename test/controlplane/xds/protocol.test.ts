import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { startControlPlane } from '../../../controlplane/xds/control-plane.ts';
import { DISCOVERY_METHODS } from '../../../controlplane/xds/discovery-services.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { ModelWire, modelGroup, modelSnapshot } from './model-wire.ts';
import { encodeDeltaRequest, encodeRequest, type RawDeltaRequest, type RawRequest, rawClient } from './raw-client.ts';

// https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol, sentence by sentence.

const { CDS, EDS } = XDS_TYPES;
const of = (content: Readonly<Record<string, string>>): ReadonlyMap<string, string> => new Map(Object.entries(content));

/** One stream of a node, to which one request after the other is said; what comes back is `[resources, removed]`. */
function conversation(variant: 'sotw' | 'delta', typeUrl: string, content: Readonly<Record<string, string>>) {
  const group = modelGroup();
  let serial = 0;
  const serve = (next: Readonly<Record<string, string>>): void => {
    serial += 1;
    group.setSnapshot(modelSnapshot(`d${serial}`, { [typeUrl]: of(next) }));
  };
  serve(content);
  const wire = new ModelWire(group, variant, undefined);
  let nonce = '';
  let version = '';
  let names: readonly string[] = [];
  const answers = async () => {
    await turn();
    await turn();
    return wire.toClient.splice(0).map((answer) => {
      ({ nonce, version } = answer);
      return [Object.fromEntries(answer.resources), answer.removed];
    });
  };
  const pass = (bytes: Uint8Array): void => {
    wire.toServer.push(Buffer.from(bytes));
    wire.carry();
  };
  return {
    serve,
    answers,
    /** `names`: as in every request of the state of the world, all of them. */
    async sotw(request: Partial<RawRequest>) {
      names = request.names ?? names;
      pass(encodeRequest({ node: 'n', typeUrl, version, nonce, ...request, names }));
      return answers();
    },
    async delta(request: Partial<RawDeltaRequest>) {
      pass(encodeDeltaRequest({ node: 'n', typeUrl, ...request }));
      return answers();
    },
    get nonce() {
      return nonce;
    },
  };
}

describe('the state of the world', () => {
  test('an empty list is a wildcard until something is named, and then the end of the subscription', async () => {
    const it = conversation('sotw', CDS, { A: '1', B: '1' });
    expect(await it.sotw({ names: [] })).toEqual([[{ A: '1', B: '1' }, []]]);
    expect(await it.sotw({})).toEqual([]);
    expect(await it.sotw({ names: ['*', 'A'] })).toEqual([[{ A: '1', B: '1' }, []]]);
    expect(await it.sotw({})).toEqual([]);
    expect(await it.sotw({ names: ['A'] })).toEqual([[{ A: '1' }, []]]);
    expect(await it.sotw({ names: [] })).toEqual([[{}, []]]);
    it.serve({ A: '2' });
    expect(await it.sotw({})).toEqual([]);
  });

  test('clusters are sent in full, endpoints as far as they changed', async () => {
    const clusters = conversation('sotw', CDS, { A: '1', B: '1' });
    await clusters.sotw({});
    await clusters.sotw({});
    clusters.serve({ A: '2', B: '1' });
    expect(await clusters.answers()).toEqual([[{ A: '2', B: '1' }, []]]);
    const endpoints = conversation('sotw', EDS, { A: '1', B: '1' });
    expect(await endpoints.sotw({ names: ['A', 'B', 'C'] })).toEqual([[{ A: '1', B: '1' }, []]]);
    await endpoints.sotw({});
    endpoints.serve({ A: '2', B: '1' });
    expect(await endpoints.answers()).toEqual([[{ A: '2' }, []]]);
    await endpoints.sotw({});
    endpoints.serve({ A: '2', B: '1', C: '1' });
    expect(await endpoints.answers()).toEqual([[{ C: '1' }, []]]);
  });

  test('what is newly asked for is sent, also if it was sent before; what is asked for again is sent again', async () => {
    const it = conversation('sotw', EDS, { A: '1', B: '1' });
    await it.sotw({ names: ['A', 'B'] });
    await it.sotw({});
    expect(await it.sotw({ names: ['A'] })).toEqual([]);
    expect(await it.sotw({ names: ['A', 'B'] })).toEqual([[{ B: '1' }, []]]);
    await it.sotw({});
    expect(await it.sotw({})).toEqual([[{ A: '1', B: '1' }, []]]);
  });

  test('a stale nonce is answered by nothing, and an error is a refusal whatever version it names', async () => {
    const it = conversation('sotw', EDS, { A: '1' });
    await it.sotw({ names: ['A'] });
    const { nonce } = it;
    await it.sotw({});
    it.serve({ A: '2' });
    expect(await it.answers()).toEqual([[{ A: '2' }, []]]);
    expect(await it.sotw({ nonce, names: ['A', 'B'] })).toEqual([]);
    expect(await it.sotw({ names: ['A'], error: 'no' })).toEqual([]);
    it.serve({ A: '2', B: '1' });
    expect(await it.sotw({ names: ['A', 'B'] })).toEqual([[{ B: '1' }, []]]);
    await it.sotw({});
    it.serve({ A: '3', B: '1' });
    expect(await it.answers()).toEqual([[{ A: '3' }, []]]);
  });
});

describe('what nobody says', () => {
  test.each(['sotw', 'delta'] as const)(
    '%s: parts of what is refused may have been taken, so what is back to before is sent again',
    async (variant) => {
      const it = conversation(variant, EDS, { A: '1', B: '1' });
      const say = (request: Partial<RawRequest & RawDeltaRequest>) =>
        variant === 'sotw' ? it.sotw(request) : it.delta({ nonce: it.nonce, ...request });
      await say({ names: ['A', 'B'], subscribe: ['A', 'B'] });
      await say({});
      it.serve({ A: 'bad', B: '2' });
      expect(await it.answers()).toEqual([[{ A: 'bad', B: '2' }, []]]);
      expect(await say({ error: 'no' })).toEqual([]);
      it.serve({ A: '1', B: '1' });
      expect(await it.answers()).toEqual([[{ A: '1', B: '1' }, []]]);
    },
  );

  test('names that a stale request gives up and the next one has again may have been forgotten', async () => {
    const it = conversation('sotw', EDS, { A: '1', B: '1' });
    await it.sotw({ names: ['A', 'B'] });
    const { nonce } = it;
    await it.sotw({});
    it.serve({ A: '2', B: '1' });
    await it.answers();
    expect(await it.sotw({ nonce, names: ['A'] })).toEqual([]);
    expect(await it.sotw({ names: ['A', 'B'] })).toEqual([[{ B: '1' }, []]]);
  });

  test('what is no longer served is held on in the state of the world, and not sent when it comes back as it was', async () => {
    const it = conversation('sotw', EDS, { A: '1', B: '1' });
    await it.sotw({ names: ['A', 'B'] });
    await it.sotw({});
    it.serve({ A: '2' });
    await it.answers();
    await it.sotw({});
    it.serve({ A: '2', B: '1' });
    expect(await it.answers()).toEqual([]);
  });

  test('a node with a version that nobody knows keeps the clusters that were served lately until its routes are new', async () => {
    const group = modelGroup();
    const mesh = (digest: string, cluster: string) =>
      modelSnapshot(digest, { [CDS]: of({ [cluster]: '1' }), [XDS_TYPES.RDS]: of({ r: cluster }) });
    group.remember([mesh('d1', 'old'), mesh('d2', 'older')]);
    group.setSnapshot(mesh('d3', 'new'));
    const wire = new ModelWire(group, 'sotw', undefined);
    const say = async (request: RawRequest) => {
      wire.toServer.push(Buffer.from(encodeRequest(request)));
      wire.carry();
      for (let turns = 0; turns < 3; turns += 1) await turn();
      return wire.toClient.splice(0);
    };
    const [clusters] = await say({ node: 'n', typeUrl: CDS, version: 'of another server' });
    expect([...(clusters?.resources.keys() ?? [])].toSorted()).toEqual(['new', 'old', 'older']);
    // Before it is known what its routes name, nothing is taken away.
    expect(await say({ typeUrl: CDS, version: clusters?.version ?? '', nonce: clusters?.nonce ?? '' })).toEqual([]);
    const [routes] = await say({ typeUrl: XDS_TYPES.RDS, names: ['r'], version: 'of another server' });
    expect(Object.fromEntries(routes?.resources ?? [])).toEqual({ r: 'new' });
    const [alone] = await say({
      typeUrl: XDS_TYPES.RDS,
      names: ['r'],
      version: routes?.version ?? '',
      nonce: routes?.nonce ?? '',
    });
    expect([...(alone?.resources.keys() ?? [])]).toEqual(['new']);
  });
});

describe('delta', () => {
  const ack = (it: { nonce: string; delta(request: Partial<RawDeltaRequest>): Promise<unknown> }) =>
    it.delta({ nonce: it.nonce });

  test('an empty list is a wildcard; naming one goes on with it, and it ends by its name', async () => {
    const it = conversation('delta', CDS, { A: '1', B: '1' });
    expect(await it.delta({})).toEqual([[{ A: '1', B: '1' }, []]]);
    expect(await ack(it)).toEqual([]);
    expect(await it.delta({ subscribe: ['A'] })).toEqual([[{ A: '1' }, []]]);
    await ack(it);
    expect(await it.delta({ unsubscribe: ['*'] })).toEqual([]);
    it.serve({ A: '1', B: '2' });
    expect(await it.answers()).toEqual([]);
    it.serve({ A: '2', B: '2' });
    expect(await it.answers()).toEqual([[{ A: '2' }, []]]);
    await ack(it);
    expect(await it.delta({ unsubscribe: ['A'] })).toEqual([]);
    it.serve({ A: '3', B: '3' });
    expect(await it.answers()).toEqual([]);
    expect(await it.delta({ subscribe: ['*'] })).toEqual([[{ A: '3', B: '3' }, []]]);
  });

  test('what does not exist is answered as removed, and sent when it springs into existence', async () => {
    const it = conversation('delta', EDS, { A: '1' });
    expect(await it.delta({ subscribe: ['A', 'none'] })).toEqual([[{ A: '1' }, ['none']]]);
    await ack(it);
    it.serve({ A: '1', none: '1' });
    expect(await it.answers()).toEqual([[{ none: '1' }, []]]);
    await ack(it);
    it.serve({ A: '1' });
    expect(await it.answers()).toEqual([[{}, ['none']]]);
  });

  test('what is subscribed to again is sent again, and what was not subscribed to is given up without a word', async () => {
    const it = conversation('delta', EDS, { A: '1' });
    await it.delta({ subscribe: ['A'] });
    await ack(it);
    expect(await it.delta({ subscribe: ['A'] })).toEqual([[{ A: '1' }, []]]);
    await ack(it);
    expect(await it.delta({ unsubscribe: ['phantom'] })).toEqual([]);
  });

  test('one that is named beside a wildcard and no longer is told whether it is in it', async () => {
    const it = conversation('delta', CDS, { A: '1' });
    await it.delta({ subscribe: ['*', 'A', 'none'] });
    await ack(it);
    expect(await it.delta({ unsubscribe: ['A', 'none'] })).toEqual([[{ A: '1' }, ['none']]]);
  });

  test('names count whatever the nonce, which tells an acknowledgement and nothing else', async () => {
    const it = conversation('delta', EDS, { A: '1', B: '1' });
    await it.delta({ subscribe: ['A'] });
    const { nonce } = it;
    await ack(it);
    it.serve({ A: '2', B: '1' });
    expect(await it.answers()).toEqual([[{ A: '2' }, []]]);
    expect(await it.delta({ nonce, subscribe: ['B'] })).toEqual([]);
    expect(await ack(it)).toEqual([[{ B: '1' }, []]]);
  });

  test('one that comes back says what it holds, and is told what differs', async () => {
    const it = conversation('delta', CDS, { A: '1', B: '2' });
    expect(await it.delta({ holds: { A: '1', B: '1', C: '1' } })).toEqual([[{ B: '2' }, []]]);
    // What goes is the last to go.
    expect(await ack(it)).toEqual([[{}, ['C']]]);
    const same = conversation('delta', CDS, { A: '1', B: '2' });
    expect(await same.delta({ holds: { B: '2', A: '1' } })).toEqual([]);
  });

  test('a wildcard of which there is nothing is answered with nothing, so that the node goes on', async () => {
    expect(await conversation('delta', CDS, {}).delta({})).toEqual([[{}, []]]);
  });
});

test.each(DISCOVERY_METHODS.map((method) => [method.path, method] as const))('%s is served', async (path, method) => {
  await using controlPlane = await startControlPlane({ host: '127.0.0.1', port: 0 });
  const typeUrl = method.typeUrl ?? XDS_TYPES.SRDS;
  controlPlane.setSnapshot('n', modelSnapshot('d', { [typeUrl]: of({ one: '1', other: '1' }) }));
  using client = rawClient(controlPlane.port, { path });
  const first = { node: 'n', typeUrl };
  client.sendBytes(
    method.variant === 'sotw'
      ? encodeRequest({ ...first, names: ['one'] })
      : encodeDeltaRequest({ ...first, subscribe: ['one'] }),
  );
  const answer = await pollUntil('an answer', 15_000, new AbortController().signal, async () => client.answers[0]);
  expect(answer).toMatchObject({ typeUrl, resources: 1, nonce: '00000001' });
});
