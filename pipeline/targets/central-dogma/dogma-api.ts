import type { JsonValue } from '../../../render/json.ts';
import type { Redact } from '../redaction.ts';
import { TargetError } from '../target.ts';

export type DogmaAnswer = {
  readonly status: number;
  /** Undefined for an answer without a body, or with one that is not JSON. */
  readonly body: JsonValue | undefined;
  /** The last part of the Java class that the server names: `ChangeConflictException`. */
  readonly exception: string | undefined;
  /** What the server said, without secrets. */
  readonly said: string;
};

export type DogmaQuestion = {
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: JsonValue;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Default 15 s. */
  readonly timeoutMs?: number;
};

/** Asks below `/api/v1/projects/PROJECT/repos/REPOSITORY`. Rejects with `TargetError` where no answer comes in time. */
export type AskDogma = (method: 'GET' | 'POST', path: string, question?: DogmaQuestion) => Promise<DogmaAnswer>;

export type DogmaSettings = {
  readonly target: string;
  readonly url: string;
  readonly project: string;
  readonly repository: string;
  readonly token: string | undefined;
  readonly redact: Redact;
};

const TIMEOUT_MS = 15_000;

export function dogmaApi({ target, url, project, repository, token, redact }: DogmaSettings): AskDogma {
  const base = `/api/v1/projects/${encodeURIComponent(project)}/repos/${encodeURIComponent(repository)}`;
  // a server without authentication still refuses calls without a token
  const authorization = `Bearer ${token ?? 'anonymous'}`;

  return async (method, path, { query = {}, body, headers, signal, timeoutMs = TIMEOUT_MS } = {}) => {
    signal?.throwIfAborted();
    const address = new URL(url);
    address.username = '';
    address.password = '';
    address.search = '';
    address.pathname = `${address.pathname.replace(/\/+$/, '')}${base}${path}`;
    for (const [key, value] of Object.entries(query)) address.searchParams.set(key, String(value));
    const timeout = AbortSignal.timeout(timeoutMs);
    let status: number;
    let text: string;
    let isJson: boolean;
    try {
      const response = await fetch(address, {
        method,
        redirect: 'error',
        headers: { authorization, accept: 'application/json', 'content-type': 'application/json', ...headers },
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      status = response.status;
      isJson = response.headers.get('content-type')?.includes('json') ?? false;
      text = await response.text();
    } catch (error) {
      signal?.throwIfAborted();
      const problem = timeout.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(error);
      throw new TargetError(target, redact(`the server cannot be asked: ${problem}`));
    }
    const parsed = isJson ? parse(text) : undefined;
    const { exception, message } = errorIn(parsed);
    return { status, body: parsed, exception, said: redact(message ?? `${status} ${isJson ? '' : text}`) };
  };
}

/** For answers that leave nothing to decide. */
export function refusedBy(target: string, what: string, { status, exception, said }: DogmaAnswer): TargetError {
  const why =
    status === 401 || status === 403
      ? `the token is missing, wrong, or may not do that (${status}). `
      : exception === 'ProjectNotFoundException' || exception === 'RepositoryNotFoundException'
        ? 'make it, or correct `target` in mesh.yaml. '
        : '';
  return new TargetError(target, `${what}: ${why}The server says: ${said || status}`);
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function errorIn(body: JsonValue | undefined): { exception: string | undefined; message: string | undefined } {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return { exception: undefined, message: undefined };
  const { exception, message } = body;
  return {
    exception: typeof exception === 'string' ? exception.split('.').at(-1) : undefined,
    message: typeof message === 'string' ? message : undefined,
  };
}

/** `fetch` hides what happened in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${(cause as NodeJS.ErrnoException).code ?? cause.message})` : message;
}
