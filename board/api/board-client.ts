import { hc } from 'hono/client';
import type { BoardApi } from './board-api.ts';

/**
 * The API as a page asks it: every path and answer typed by the server itself. `origin`: that of the page. A `param` goes into the path
 * as it is: what may hold a slash, such as a service's name, goes through `encodeURIComponent`.
 */
export const boardClient = (origin: string, fetcher: typeof fetch = fetch) => hc<BoardApi>(origin, { fetch: fetcher });
