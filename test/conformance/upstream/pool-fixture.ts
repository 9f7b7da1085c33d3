import type { ListenerAddress } from '../../../conformance/cell/running-cell.ts';
import type { RequestSpec } from '../../../conformance/checks/check.ts';
import { type Client, createClient } from '../../../conformance/client/client.ts';
import type { Answer, ClientAnswer } from '../../../conformance/client/client-answer.ts';
import { sharedPki } from '../../../conformance/pki/pki.ts';
import type { HostKey, StandInSpec } from '../../../conformance/upstream/stand-in.ts';
import { startUpstreams } from '../../../conformance/upstream/start-upstreams.ts';
import type { UpstreamPool } from '../../../conformance/upstream/upstream-pool.ts';

export const PAYMENTS: HostKey = { cluster: 'payments', address: '10.0.0.7', port: 8080 };
export const PAYMENTS_2: HostKey = { cluster: 'payments', address: '10.0.0.8', port: 8080 };

export const spec = (key: HostKey, wants: Partial<StandInSpec> = {}): StandInSpec => ({
  key,
  certificateNames: { dns: ['payments.internal'], uri: ['spiffe://mesh/payments'], ip: ['10.0.0.7'] },
  healthCheckPaths: ['/healthz'],
  tcpHealthChecks: [],
  ...wants,
});

export type Fixture = AsyncDisposable & {
  readonly pool: UpstreamPool;
  readonly client: Client;
  address(key?: HostKey): ListenerAddress;
  send(request?: Partial<RequestSpec>, key?: HostKey): Promise<ClientAnswer>;
  /** As `send`, but throws where there is no answer. */
  answer(request?: Partial<RequestSpec>, key?: HostKey): Promise<Answer>;
};

export const get = (request: Partial<RequestSpec> = {}): RequestSpec => ({
  listener: 'any',
  method: 'GET',
  authority: 'pay.example.com',
  path: '/pay?x=1',
  headers: {},
  protocol: 'http/1.1',
  timeoutMs: 10_000,
  ...request,
});

export async function startFixture(specs: readonly StandInSpec[] = [spec(PAYMENTS)]): Promise<Fixture> {
  const pki = await sharedPki();
  const pool = await startUpstreams({ pki });
  await pool.ensure(specs);
  const client = createClient({ pki });
  const address = (key = PAYMENTS): ListenerAddress => ({ host: '127.0.0.1', port: pool.portOf(key) });
  const send = (request: Partial<RequestSpec> = {}, key = PAYMENTS) => client.send(address(key), get(request), 'kept');
  return {
    pool,
    client,
    address,
    send,
    async answer(request, key) {
      const answer = await send(request, key);
      if (answer.kind === 'failed') throw new Error(`${answer.reason}: ${answer.message}`);
      return answer;
    },
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await pool[Symbol.asyncDispose]();
    },
  };
}
