import { expect, test } from 'vitest';
import { commentPlace, commentsAt } from '../../../cli/comment/comment-place.ts';
import { FORGES } from '../../../cli/comment/forge.ts';
import { markerOf, postComment } from '../../../cli/comment/post-comment.ts';
import { UsageError } from '../../../cli/usage-error.ts';
import { localForge } from './local-forge.ts';

const envOf = (url: string): Record<string, string> => ({
  GITHUB_API_URL: url,
  GITEA_URL: url,
  GITHUB_TOKEN: 'secret-token',
  GITEA_TOKEN: 'secret-token',
});
const MARKER = markerOf(['config', undefined]);

test.each(FORGES)('%s: one comment, edited by later runs, wherever it stands', async (comment) => {
  await using forge = await localForge();
  // More than a page of talk stands before it.
  for (let id = 1; id <= 130; id += 1) forge.comments.push({ id, body: `talk ${id}`, author: 'somebody' });
  const place = commentPlace({ comment, pullRequest: 'acme/mesh#7' }, { env: envOf(forge.url) });
  const comments = await commentsAt(place);
  expect(await postComment(comments, MARKER, '# first')).toBe('created');
  expect(await postComment(comments, MARKER, '# second')).toBe('edited');
  expect(forge.comments).toHaveLength(131);
  expect(forge.comments.at(-1)?.body).toBe(`${MARKER}\n# second`);
  expect(await postComment(comments, markerOf(['config', 'beta']), '# of a stage')).toBe('created');
  expect(forge.comments.filter(({ body }) => body.includes('# second'))).toHaveLength(1);
});

test.each(FORGES)('%s: somebody else’s comment with the marker is passed by', async (comment) => {
  await using forge = await localForge();
  forge.comments.push({ id: 1, body: `${MARKER} not yours`, author: 'stranger' });
  const comments = await commentsAt(commentPlace({ comment, pullRequest: 'acme/mesh#7' }, { env: envOf(forge.url) }));
  expect(await postComment(comments, MARKER, '# mine')).toBe('created');
  expect(await postComment(comments, MARKER, '# mine again')).toBe('edited');
  expect(forge.comments.map(({ body }) => body)).toEqual([`${MARKER} not yours`, `${MARKER}\n# mine again`]);
});

test.each(FORGES)('%s: a forge that fails is an error without the token', async (comment) => {
  await using forge = await localForge();
  forge.fail = 500;
  const comments = await commentsAt(commentPlace({ comment, pullRequest: 'acme/mesh#7' }, { env: envOf(forge.url) }));
  const fault: unknown = await postComment(comments, MARKER, 'x').catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(Error);
  expect(String(fault)).not.toContain('secret-token');
  expect(String(fault)).toMatch(/500|no/);
});

test('the pull request is that of the run', () => {
  const env = envOf('http://forge');
  const pull = { owner: 'acme', repository: 'mesh', number: 7 };
  const of = (more: Record<string, string>) => commentPlace({ comment: 'github' }, { env: { ...env, ...more } }).pull;
  expect(of({ DRONE_REPO_OWNER: 'acme', DRONE_REPO_NAME: 'mesh', DRONE_PULL_REQUEST: '7' })).toEqual(pull);
  expect(of({ GITHUB_REPOSITORY: 'acme/mesh', GITHUB_REF: 'refs/pull/7/merge' })).toEqual(pull);
  expect(() => of({ GITHUB_REF: 'refs/heads/main' })).toThrow(UsageError);
});

test.each([
  [{ comment: 'gitlab' }, {}, '--comment gitlab: use github or gitea'],
  [{ comment: 'github', pullRequest: 'acme/mesh' }, {}, 'want OWNER/REPOSITORY#NUMBER'],
  [{ comment: 'github', pullRequest: 'a/b#1' }, {}, 'GITHUB_TOKEN is not set'],
  [{ comment: 'gitea', pullRequest: 'a/b#1' }, { GITEA_TOKEN: 't' }, 'GITEA_URL must be an http(s) address'],
] as const)('%j with %j is refused before anything runs', (options, env, problem) => {
  expect(() => commentPlace(options, { env })).toThrow(problem);
});
