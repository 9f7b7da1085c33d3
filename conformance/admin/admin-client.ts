import { Agent, request } from 'node:http';

/** An Envoy's admin did not answer, or not with 200. `status` is absent when there was no answer at all. */
export class AdminError extends Error {
  override readonly name = 'AdminError';
  readonly status: number | undefined;
  constructor(message: string, status: number | undefined, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** Connections are kept: a cell asks its Envoy's admin some hundred times. */
const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });

export type AdminOptions = { readonly signal?: AbortSignal; readonly timeoutMs?: number };

/**
 * Asks an Envoy's admin interface and resolves with the body. Default time limit 5,000 ms.
 * Rejects with `AdminError` for no answer in time, a broken connection, or any status but 200.
 */
export async function askAdmin(
  adminUrl: URL,
  path: string,
  method: 'GET' | 'POST' = 'GET',
  options: AdminOptions = {},
): Promise<string> {
  try {
    return await ask(adminUrl, path, method, options);
  } catch (error) {
    // A kept connection that the other side closed just then says nothing of it; the next one is new.
    if (error instanceof StaleConnection) return ask(adminUrl, path, method, options);
    throw error;
  }
}

class StaleConnection extends AdminError {}

function ask(adminUrl: URL, path: string, method: 'GET' | 'POST', options: AdminOptions): Promise<string> {
  const timeoutMs = options.timeoutMs ?? 5_000;
  return new Promise((resolve, reject) => {
    const fail = (problem: string, status?: number, cause?: unknown): void => {
      clearTimeout(limit);
      const isStale = asked.reusedSocket && status === undefined && !timedOut && options.signal?.aborted !== true;
      const Kind = isStale ? StaleConnection : AdminError;
      reject(new Kind(`Envoy admin ${method} ${path}: ${problem}`, status, { cause }));
    };
    let timedOut = false;
    // Of the whole answer: one that trickles is never idle, and never done.
    const limit = setTimeout(() => {
      timedOut = true;
      asked.destroy(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    const asked = request(
      new URL(path, adminUrl),
      { method, agent, ...(options.signal ? { signal: options.signal } : {}) },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', (error) => fail(error.message, answer.statusCode, error));
        answer.on('end', () => {
          clearTimeout(limit);
          const body = Buffer.concat(chunks).toString('utf8');
          if (answer.statusCode === 200) resolve(body);
          else fail(`status ${answer.statusCode}: ${body.slice(0, 200)}`, answer.statusCode);
        });
      },
    );
    asked.on('error', (error) => fail(error.message, undefined, error));
    asked.end();
  });
}
