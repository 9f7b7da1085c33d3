import type { PipelineStore } from '../../pipeline/store/pipeline-store.ts';

/**
 * The address of a promotion's message. `slackUrl`: of the workspace. Undefined where no bot posts to this store, or has not yet.
 * https://docs.slack.dev/reference/methods/chat.getPermalink gives the same one, at the cost of a call for each.
 */
export async function slackLink(
  store: Pick<PipelineStore, 'sql'>,
  subject: string,
  slackUrl: string | undefined,
): Promise<string | undefined> {
  if (slackUrl === undefined) return undefined;
  const [table] = await store.sql<{ found: string | null }>(
    `SELECT to_regclass('meshgate.bot_live')::text AS found`,
    [],
  );
  if (!table?.found) return undefined;
  const [row] = await store.sql<{ channel: string; ts: string | null }>(
    'SELECT channel, ts FROM meshgate.bot_live WHERE subject = $1',
    [subject],
  );
  if (!row?.ts || !/^\d+\.\d+$/.test(row.ts) || !/^[A-Z0-9]+$/.test(row.channel)) return undefined;
  return `${slackUrl.replace(/\/+$/, '')}/archives/${row.channel}/p${row.ts.replace('.', '')}`;
}
