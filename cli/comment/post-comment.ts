import { createHash } from 'node:crypto';
import type { Comments } from './forge.ts';

/**
 * Hidden in the comment, so that later runs find it. One for each scope (config directory, stage, Envoy version): runs of different
 * parts do not overwrite each other.
 */
export const markerOf = (scope: readonly (string | undefined)[]): string =>
  `<!-- meshgate verify ${createHash('sha256')
    .update(JSON.stringify(scope.map((part) => part ?? null)))
    .digest('hex')
    .slice(0, 16)} -->`;

/**
 * Shows `markdown` in the one comment with this marker: edits it where it is, else writes it. A comment of somebody else that holds
 * the marker cannot be edited, and is passed by. Resolves with what was done.
 */
export async function postComment(comments: Comments, marker: string, markdown: string): Promise<'created' | 'edited'> {
  const body = `${marker}\n${markdown}`;
  for (const { id, body: before } of await comments.list()) {
    if (!before.startsWith(marker)) continue;
    if (before === body || (await comments.edit(id, body))) return 'edited';
  }
  await comments.create(body);
  return 'created';
}
