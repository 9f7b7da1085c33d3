import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';

/** How a call to Slack ended. `unknown`: it may or may not have been done. */
export type CallResult<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'refused'; readonly error: string; readonly messages: readonly string[] }
  | { readonly kind: 'later'; readonly afterMs: number }
  | { readonly kind: 'unknown'; readonly message: string };

/** Slack's own words for "try again": what they did with the call, they do not say. */
const TRANSIENT = new Set(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout']);

/** Runs one call of a client that neither retries nor waits by itself (`slackClient`). Never rejects for what Slack or the network did. */
export async function call<T>(work: () => Promise<T>): Promise<CallResult<T>> {
  try {
    return { kind: 'ok', value: await work() };
  } catch (error) {
    if (error instanceof WebAPIRateLimitedError) return { kind: 'later', afterMs: error.retryAfter * 1_000 };
    if (error instanceof WebAPIPlatformError) {
      const code = error.data.error;
      if (code === 'ratelimited' || code === 'rate_limited') return { kind: 'later', afterMs: 1_000 };
      if (TRANSIENT.has(code)) return { kind: 'unknown', message: code };
      return { kind: 'refused', error: code, messages: error.data.response_metadata?.messages ?? [] };
    }
    if (error instanceof WebAPIHTTPError) return { kind: 'unknown', message: `HTTP ${error.statusCode}` };
    if (error instanceof WebAPIRequestError) return { kind: 'unknown', message: error.message };
    // A 429 that does not say for how long reaches us as a bare error.
    if (error instanceof Error && /retry-after/i.test(error.message)) return { kind: 'later', afterMs: 30_000 };
    throw error;
  }
}

export const wordsOf = (result: Exclude<CallResult<unknown>, { kind: 'ok' }>): string => {
  switch (result.kind) {
    case 'refused':
      return [result.error, ...result.messages].join('; ');
    case 'later':
      return `rate limited for ${result.afterMs} ms`;
    case 'unknown':
      return result.message;
    default:
      return result satisfies never;
  }
};
