import { git } from './git.ts';

/**
 * The commit that the mesh config directory is at; undefined outside of a git repository, without git, and when files of the
 * directory differ from that commit (then no revision names what is there).
 */
export async function headOf(
  dir: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<string | undefined> {
  try {
    const [head, changes] = await Promise.all([
      git(dir, ['rev-parse', 'HEAD'], options),
      git(dir, ['status', '--porcelain', '--', '.'], options),
    ]);
    if (head.exitCode !== 0 || changes.exitCode !== 0 || changes.stdout.length > 0) return undefined;
    return head.stdout.toString('utf8').trim();
  } catch {
    options.signal?.throwIfAborted();
    return undefined;
  }
}
