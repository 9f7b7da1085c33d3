import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Where downloads and verdicts are kept between runs: `MESHGATE_CACHE_DIR`, else `$XDG_CACHE_HOME/meshgate`, else
 * `~/.cache/meshgate`. Relative paths are ignored, as the XDG base directory specification asks.
 */
export function cacheDirOf(env: Readonly<Record<string, string | undefined>>): string {
  const own = env.MESHGATE_CACHE_DIR;
  if (own !== undefined && isAbsolute(own)) return own;
  const xdg = env.XDG_CACHE_HOME;
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(env.HOME || homedir(), '.cache');
  return join(base, 'meshgate');
}
