import { Octokit } from '@octokit/rest';
import type { Comments, PullRequest } from './forge.ts';

/** `baseUrl`: `https://api.github.com`, or `https://HOST/api/v3` of an Enterprise server. */
export function githubComments(
  pull: PullRequest,
  { baseUrl, token, callMs }: { readonly baseUrl: string; readonly token: string; readonly callMs: number },
): Comments {
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const { rest, paginate } = new Octokit({ auth: token, baseUrl, log: silent, userAgent: 'meshgate' });
  const place = { owner: pull.owner, repo: pull.repository };
  const request = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(callMs) });
  return {
    async list() {
      const all = await paginate(rest.issues.listComments, {
        ...place,
        issue_number: pull.number,
        per_page: 100,
        request: request(),
      });
      return all.map(({ id, body }) => ({ id, body: body ?? '' }));
    },
    async create(body) {
      await rest.issues.createComment({ ...place, issue_number: pull.number, body, request: request() });
    },
    async edit(id, body) {
      try {
        await rest.issues.updateComment({ ...place, comment_id: id, body, request: request() });
        return true;
      } catch (error) {
        if ([403, 404, 410].includes((error as { status?: number }).status ?? 0)) return false;
        throw error;
      }
    },
  };
}
