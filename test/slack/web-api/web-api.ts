import type { JsonObject } from '../model.ts';
import { CallArguments } from './arguments.ts';
import type { CallContext, Method } from './method.ts';
import { METHODS } from './methods.ts';
import { RateLimits } from './rate-limits.ts';
import { SlackError } from './slack-error.ts';

export type Tokens = { readonly bot: string; readonly app: string };
export type ApiAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
};
/** One call as it came in, and what it was told. */
export type ApiCall = {
  readonly method: string;
  readonly arguments: JsonObject;
  readonly atEpochMs: number;
  readonly status: number;
  /** Slack's name of the error; undefined when it went well. */
  readonly error: string | undefined;
};

/** Checks token, scopes and rates in the order in which Slack does, then lets the method act. */
export class WebApi {
  readonly calls: ApiCall[] = [];
  readonly #tokens: Tokens;
  readonly #scopes: readonly string[];
  readonly #context: CallContext;
  readonly #limits: RateLimits;

  constructor(tokens: Tokens, context: CallContext, rateSpeed: number) {
    this.#tokens = tokens;
    this.#scopes = context.scopes;
    this.#context = context;
    this.#limits = new RateLimits(() => context.state.now(), rateSpeed);
  }

  call(name: string, token: string | undefined, raw: JsonObject): ApiAnswer {
    const answer = this.#answer(name, token, raw);
    this.note(name, raw, answer.status, answer.body.ok === true ? undefined : String(answer.body.error));
    return answer;
  }

  /** Remembers a call that never reached its method, such as one that a fault took. */
  note(method: string, raw: JsonObject, status: number, error: string | undefined): void {
    const { token: _secret, ...rest } = raw;
    this.calls.push({ method, arguments: rest, atEpochMs: this.#context.state.now(), status, error });
  }

  #answer(name: string, token: string | undefined, raw: JsonObject): ApiAnswer {
    const method = METHODS.find((each) => each.name === name);
    if (!method) return failed(new SlackError('unknown_method', [], { req_method: name }));
    const headers = { 'x-oauth-scopes': this.#scopes.join(','), 'x-accepted-oauth-scopes': method.scopes.join(',') };
    try {
      this.#checkToken(method, token ?? (typeof raw.token === 'string' ? raw.token : undefined));
      const channel = typeof raw.channel === 'string' ? raw.channel : undefined;
      const waitSeconds = this.#limits.take(name, method.limit, channel);
      if (waitSeconds !== undefined) return rateLimited(waitSeconds);
      return { status: 200, headers, body: { ok: true, ...method.run(new CallArguments(raw), this.#context) } };
    } catch (error) {
      if (error instanceof SlackError) return failed(error, headers);
      throw error;
    }
  }

  #checkToken(method: Method, token: string | undefined): void {
    if (token === undefined || token === '') throw new SlackError('not_authed');
    if (token !== this.#tokens.bot && token !== this.#tokens.app) throw new SlackError('invalid_auth');
    if (token !== this.#tokens[method.token]) throw new SlackError('not_allowed_token_type');
    if (
      method.token === 'bot' &&
      method.scopes.length > 0 &&
      !method.scopes.some((scope) => this.#scopes.includes(scope))
    )
      throw new SlackError('missing_scope', [], { needed: method.scopes.join(','), provided: this.#scopes.join(',') });
  }
}

const failed = (error: SlackError, headers: Readonly<Record<string, string>> = {}): ApiAnswer => ({
  status: 200,
  headers,
  body: error.toBody(),
});
export const rateLimited = (waitSeconds: number): ApiAnswer => ({
  status: 429,
  headers: { 'retry-after': String(waitSeconds) },
  body: { ok: false, error: 'ratelimited' },
});
