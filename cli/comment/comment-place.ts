import { secretOf } from '../bot/secrets.ts';
import type { CommandContext } from '../command-context.ts';
import { UsageError } from '../usage-error.ts';
import { type Comments, FORGES, type Forge, isForge, type PullRequest } from './forge.ts';

export type CommentPlace = {
  readonly forge: Forge;
  readonly pull: PullRequest;
  readonly baseUrl: string;
  readonly token: string;
};

const CALL_MS = 30_000;

/**
 * Where to comment: the pull request of `--pull-request`, else of the CI run (Drone, GitHub Actions, Gitea Actions); the API of
 * `GITHUB_API_URL` or `GITEA_URL`; the token of `GITHUB_TOKEN` or `GITEA_TOKEN`, or of a file that `…_FILE` names. Rejects with
 * `UsageError` before anything is run.
 */
export function commentPlace(
  { comment, pullRequest }: { readonly comment: string; readonly pullRequest?: string },
  context: Pick<CommandContext, 'env'>,
): CommentPlace {
  if (!isForge(comment)) throw new UsageError(`--comment ${comment}: use ${FORGES.join(' or ')}`);
  const { env } = context;
  const pull = pullRequest === undefined ? pullOfRun(env) : readPull(pullRequest);
  if (!pull)
    throw new UsageError('--comment: this run is of no pull request; want --pull-request OWNER/REPOSITORY#NUMBER');
  const name = comment === 'github' ? 'GITHUB_TOKEN' : 'GITEA_TOKEN';
  const token = secretOf(name, context);
  if (token === undefined) throw new UsageError(`--comment ${comment}: ${name} is not set, nor ${name}_FILE`);
  const baseUrl = (
    comment === 'github' ? env.GITHUB_API_URL || 'https://api.github.com' : env.GITEA_URL || env.GITHUB_SERVER_URL
  )?.replace(/\/+$/, '');
  if (baseUrl === undefined || !/^https?:\/\/[^\s]+$/.test(baseUrl))
    throw new UsageError(
      `--comment ${comment}: ${comment === 'github' ? 'GITHUB_API_URL' : 'GITEA_URL'} must be an http(s) address`,
    );
  return { forge: comment, pull, baseUrl, token };
}

function readPull(text: string): PullRequest {
  const found = /^(?<owner>[\w.-]+)\/(?<repository>[\w.-]+)#(?<number>[1-9]\d{0,9})$/.exec(text)?.groups;
  if (!found) throw new UsageError(`--pull-request ${text}: want OWNER/REPOSITORY#NUMBER`);
  return { owner: found.owner ?? '', repository: found.repository ?? '', number: Number(found.number) };
}

/** What CI systems say of the run. */
function pullOfRun(env: CommandContext['env']): PullRequest | undefined {
  const { DRONE_REPO_OWNER, DRONE_REPO_NAME, DRONE_PULL_REQUEST, GITHUB_REPOSITORY, GITHUB_REF } = env;
  if (DRONE_PULL_REQUEST) return readPull(`${DRONE_REPO_OWNER}/${DRONE_REPO_NAME}#${DRONE_PULL_REQUEST}`);
  const number = /^refs\/pull\/(\d+)\//.exec(GITHUB_REF ?? '')?.[1];
  return number === undefined ? undefined : readPull(`${GITHUB_REPOSITORY}#${number}`);
}

/** The client of that forge; its library is loaded only now. */
export async function commentsAt({ forge, pull, baseUrl, token }: CommentPlace): Promise<Comments> {
  const options = { baseUrl, token, callMs: CALL_MS };
  if (forge === 'github') return (await import('./github-comments.ts')).githubComments(pull, options);
  return (await import('./gitea-comments.ts')).giteaComments(pull, options);
}
