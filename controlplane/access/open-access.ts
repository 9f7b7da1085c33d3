import { MIN_TOKEN } from './bearer-token.ts';
import { isLoopback } from './loopback.ts';

/**
 * Why what bears `token`, that of the admin API, may not listen at `host`; undefined: it may. `danger` says what would be so without one:
 * "the admin API would obey everybody who reaches". The token is in no words.
 */
export function openAccessProblem(danger: string, host: string, token: string | undefined): string | undefined {
  if (token === undefined)
    return isLoopback(host) ? undefined : `${danger} ${host}: give it a token, or let it listen on 127.0.0.1`;
  return token.length < MIN_TOKEN ? `the token of the admin API has less than ${MIN_TOKEN} characters` : undefined;
}
