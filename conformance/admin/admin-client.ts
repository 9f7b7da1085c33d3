import { request } from 'node:http';

/** An Envoy's admin did not answer, or not with 200. `status` is absent when there was no answer at all. */
export class AdminError extends Error {
  override readonly name = 'AdminError';
  readonly status: number | undefined;
  constructor(message: string, status: number | undefined, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

export type AdminOptions = { readonly signal?: AbortSignal; readonly timeoutMs?: number };

/**
 * Asks an Envoy's admin interface and resolves with the body. Default time limit 5,000 ms.
 * Rejects with `AdminError` for no answer in time, a broken connection, or any status but 200.
 */
export function askAdmin(
  adminUrl: URL,
  path: string,
  method: 'GET' | 'POST' = 'GET',
  options: AdminOptions = {},
): Promise<string> {
  const timeoutMs = options.timeoutMs ?? 5_000;
  return new Promise((resolve, reject) => {
    const fail = (problem: string, status?: number, cause?: unknown): void => {
      clearTimeout(limit);
      reject(new AdminError(`Envoy admin ${method} ${path}: ${problem}`, status, { cause }));
    };
    // Of the whole answer: one that trickles is never idle, and never done.
    const limit = setTimeout(() => asked.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const asked = request(
      new URL(path, adminUrl),
      { method, agent: false, ...(options.signal ? { signal: options.signal } : {}) },
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
