import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync, statSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { StoreError } from '../store-error.ts';

/** `sun_path` of unix sockets: 108 bytes with the final NUL on Linux, 104 on macOS and the BSDs. */
const MAX_SOCKET_PATH_BYTES = 103;
/** libpq's name for the socket of port 5432, which `pg` makes of a host that begins with a slash. */
export const SOCKET_NAME = '.s.PGSQL.5432';

/**
 * Where the socket of a data directory lies: in it, or, where that path is too long for a unix socket, in a directory of this user below
 * the temporary one, named for the data directory. Throws `StoreError` when somebody else owns that.
 */
export function socketDirectoryOf(dataDir: string): string {
  const whole = realpathSync(dataDir);
  if (Buffer.byteLength(join(whole, SOCKET_NAME)) <= MAX_SOCKET_PATH_BYTES) return whole;
  const { uid } = userInfo();
  const name = createHash('sha256').update(whole).digest('hex').slice(0, 16);
  const directory = join(tmpdir(), `meshgate-${uid}-${name}`);
  mkdirSync(directory, { mode: 0o700, recursive: true });
  const found = statSync(directory);
  if (uid !== -1 && (found.uid !== uid || (found.mode & 0o077) !== 0))
    throw new StoreError('store-directory', `${directory} must belong to this user alone (mode 0700); remove it`);
  return directory;
}
