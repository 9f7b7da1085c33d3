import type { Agent } from 'node:http';
import type { CellPki, ListenerAddress } from '../cell/running-cell.ts';
import type { RequestSpec } from '../checks/check.ts';
import type { ClientAnswer } from './client-answer.ts';
import { connectionKey } from './connect.ts';
import { createHttp1Agent, type Exchange, exchangeHttp1 } from './http1-exchange.ts';
import { exchangeHttp2, type OpeningSession, openSession } from './http2-exchange.ts';

/** `new`: a connection of its own, closed afterwards. `kept`: one that stays open is used, or a new one then stays open. */
export type ConnectionUse = 'new' | 'kept';

export type ClientOptions = {
  readonly pki: CellPki;
  /** Once aborted, everything in flight ends and every call rejects with the signal's reason. */
  readonly signal?: AbortSignal;
};

/** Sends requests to listeners and keeps their connections. Disposing closes them all. */
export interface Client extends AsyncDisposable {
  /** Resolves with the answer or with how it failed; rejects only when the signal was aborted or the client disposed of. */
  send(address: ListenerAddress, request: RequestSpec, use?: ConnectionUse): Promise<ClientAnswer>;
  /** `repeat` requests, `concurrency` at a time, on kept connections; the answers in the order of the requests. */
  load(load: Load): Promise<ClientAnswer[]>;
}

export type Load = {
  readonly address: ListenerAddress;
  /** The request of each turn, from 0. */
  readonly requestAt: (index: number) => RequestSpec;
  readonly repeat: number;
  readonly concurrency: number;
  /** Default `kept`. */
  readonly connection?: ConnectionUse;
};

export function createClient({ pki, signal }: ClientOptions): Client {
  const agents = new Map<string, Agent>();
  const sessions = new Map<string, OpeningSession>();
  /** Of requests with a connection of their own. */
  const passing = new Set<{ destroy(): void }>();
  let disposed = false;

  function closeAll(): void {
    for (const agent of agents.values()) agent.destroy();
    for (const session of sessions.values()) session.destroy();
    for (const connection of passing) connection.destroy();
    agents.clear();
    sessions.clear();
  }
  signal?.addEventListener('abort', closeAll, { once: true });

  function refuseIfOver(): void {
    signal?.throwIfAborted();
    if (disposed) throw new Error('the client has been closed');
  }

  function once(address: ListenerAddress, request: RequestSpec): Promise<Exchange> {
    const connection = request.protocol === 'h2' ? openSession(address, request, pki) : createHttp1Agent(request, pki);
    passing.add(connection);
    const exchange =
      'whenOpen' in connection ? exchangeHttp2(connection, request, true) : exchangeHttp1(connection, address, request);
    return exchange.finally(() => {
      passing.delete(connection);
      connection.destroy();
    });
  }

  function onKept(address: ListenerAddress, request: RequestSpec): Promise<Exchange> {
    const key = connectionKey(address, request);
    if (request.protocol === 'http/1.1') {
      let agent = agents.get(key);
      if (!agent) {
        agent = createHttp1Agent(request, pki);
        agents.set(key, agent);
      }
      return exchangeHttp1(agent, address, request);
    }
    let session = sessions.get(key);
    const fresh = !session?.usable();
    // One that is on its way out may still carry answers: it closes by itself.
    if (!session || fresh) {
      session = openSession(address, request, pki);
      sessions.set(key, session);
    }
    return exchangeHttp2(session, request, fresh);
  }

  async function send(
    address: ListenerAddress,
    request: RequestSpec,
    use: ConnectionUse = 'kept',
  ): Promise<ClientAnswer> {
    refuseIfOver();
    let { answer, stale } = use === 'new' ? await once(address, request) : await onKept(address, request);
    refuseIfOver();
    // A kept connection may be closed by the other side just as a request is sent on it: every client in the world sends that
    // request again (RFC 9112, section 9.3.1), so it says nothing of the config.
    if (stale && (request.protocol === 'h2' || IDEMPOTENT.has(request.method))) {
      ({ answer } = await once(address, request));
      refuseIfOver();
    }
    return answer;
  }

  async function load({ address, requestAt, repeat, concurrency, connection = 'kept' }: Load): Promise<ClientAnswer[]> {
    const answers: ClientAnswer[] = new Array(repeat);
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < repeat) {
        const index = next++;
        answers[index] = await send(address, requestAt(index), connection);
      }
    };
    await Promise.all(Array.from({ length: Math.max(1, Math.min(concurrency, repeat)) }, worker));
    return answers;
  }

  return {
    send,
    load,
    async [Symbol.asyncDispose]() {
      disposed = true;
      signal?.removeEventListener('abort', closeAll);
      closeAll();
    },
  };
}

/** RFC 9110, section 9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);
