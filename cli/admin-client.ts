import { isJsonObject, type JsonObject, type JsonValue } from '../render/json.ts';
import { stringAt, textAt } from '../render/read-json.ts';
import { ADMIN_TOKEN } from './admin-place.ts';
import { secretOf } from './bot/secrets.ts';
import type { CommandContext } from './command-context.ts';
import { DEFAULT_ADMIN } from './fleet-options.ts';
import { hostInUrl, listenAddress } from './listen-address.ts';
import { UsageError } from './usage-error.ts';

/** What the admin API answered; `problem` where it is no success. */
export type AdminAnswer = { readonly status: number; readonly body: JsonObject; readonly problem: string | undefined };

const WITHIN_MS = 10_000;

/**
 * Asks the admin API at `admin` (`HOST:PORT`). Rejects with `UsageError` where nobody answers, or somebody else does; the token of
 * `MESHGATE_ADMIN_TOKEN` is sent where there is one.
 */
export async function askAdmin(
  admin: string,
  path: string,
  context: Pick<CommandContext, 'env' | 'signal'>,
  order?: JsonObject,
): Promise<AdminAnswer> {
  const { host, port } = listenAddress('--admin', admin, DEFAULT_ADMIN);
  const token = secretOf(ADMIN_TOKEN, context);
  const nobody = (why: string): UsageError =>
    new UsageError(`--admin ${admin}: ${why}; \`mesh serve\` says where its admin API is`);
  let status: number;
  let body: JsonValue;
  try {
    const response = await fetch(`http://${hostInUrl(host)}:${port}${path}`, {
      method: order ? 'POST' : 'GET',
      headers: {
        ...(order ? { 'content-type': 'application/json' } : {}),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(order ? { body: JSON.stringify(order) } : {}),
      redirect: 'error',
      signal: AbortSignal.any([context.signal, AbortSignal.timeout(WITHIN_MS)]),
    });
    status = response.status;
    body = (await response.json().catch(() => null)) as JsonValue;
  } catch (error) {
    context.signal.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw nobody(`cannot be asked (${code ?? message})`);
  }
  if (!isJsonObject(body)) throw nobody(`what answers there (${status}) is no admin API`);
  const isFine = status >= 200 && status < 300;
  if (status === 401)
    throw new UsageError(`--admin ${admin}: it wants its token: set ${ADMIN_TOKEN} or ${ADMIN_TOKEN}_FILE`);
  return { status, body, problem: isFine ? undefined : (textAt(body, 'problem') ?? `it answered ${status}`) };
}

/** What it answered. Rejects as `askAdmin` does, and with `UsageError` where the answer is no success. */
export async function askedAdmin(...asked: Parameters<typeof askAdmin>): Promise<JsonObject> {
  const { body, problem } = await askAdmin(...asked);
  if (problem !== undefined) throw new UsageError(problem);
  return body;
}

/** Those of `all` that are of the cluster `name`; all, where none is named. Throws `UsageError` where none is, saying `what` there is. */
export function ofCluster(all: readonly JsonObject[], name: string | undefined, what: string): readonly JsonObject[] {
  if (name === undefined) return all;
  const found = all.filter((one) => stringAt(one, 'cluster') === name);
  if (found.length > 0) return found;
  const there = all.map((one) => stringAt(one, 'cluster')).join(', ');
  throw new UsageError(`cluster ${name}: want one with ${what}: ${there || 'there are none'}`);
}
