import type { Context, TypedResponse } from 'hono';

/**
 * A successful answer, typed as what it is. (What `c.json` makes of types with readonly lists is no use to a client.) Members that are
 * undefined are absent in it.
 */
export const shown = <T extends object>(c: Context, value: T): Response & TypedResponse<T, 200, 'json'> =>
  c.json(value as never) as unknown as Response & TypedResponse<T, 200, 'json'>;
