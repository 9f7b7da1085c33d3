import { giteaApi } from 'gitea-js';
import type { Comments, PullRequest } from './forge.ts';

/** `baseUrl`: of the server itself, without `/api/v1`. Works for Forgejo as well. */
export function giteaComments(
  pull: PullRequest,
  { baseUrl, token, callMs }: { readonly baseUrl: string; readonly token: string; readonly callMs: number },
): Comments {
  const timed: typeof fetch = (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(callMs) });
  const api = giteaApi(baseUrl, { token, customFetch: timed });
  const { owner, repository, number } = pull;
  return {
    async list() {
      // Gitea answers all comments of an issue at once.
      const { data } = await asError(api.repos.issueGetComments(owner, repository, number));
      return data.map(({ id, body }) => ({ id: id ?? 0, body: body ?? '' }));
    },
    async create(body) {
      await asError(api.repos.issueCreateComment(owner, repository, number, { body }));
    },
    async edit(id, body) {
      const answer = await api.repos
        .issueEditComment(owner, repository, id, { body })
        .catch((error: unknown) => error as Response);
      if ([403, 404, 410].includes(answer.status)) return false;
      if (!answer.ok) throw faultOf(answer);
      return true;
    },
  };
}

/** The client rejects with the response itself, which says nothing when it is printed. */
const asError = <T>(answer: Promise<T>): Promise<T> =>
  answer.catch((error: unknown) => {
    throw error instanceof Error ? error : faultOf(error as Response);
  });
const faultOf = ({ status, statusText }: Response): Error => new Error(`Gitea answered ${status} ${statusText}`.trim());
