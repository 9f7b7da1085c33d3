import { type AdminOptions, askAdmin } from './admin-client.ts';

/**
 * Counters and gauges by name. `pattern` is a regular expression (RE2) that some part of the name must match.
 * Source: Envoy docs, operations/admin, `/stats?format=json&filter=`.
 */
export async function readStats(adminUrl: URL, pattern: string, options?: AdminOptions): Promise<Map<string, number>> {
  const body = await askAdmin(adminUrl, `/stats?format=json&filter=${encodeURIComponent(pattern)}`, 'GET', options);
  const { stats } = JSON.parse(body) as { stats?: readonly { readonly name?: string; readonly value?: number }[] };
  return new Map(
    (stats ?? []).flatMap(({ name, value }) => (name !== undefined && value !== undefined ? [[name, value]] : [])),
  );
}

export const escapeRe2 = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
