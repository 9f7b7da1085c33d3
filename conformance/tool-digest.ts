import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** What decides a verdict; the faces (cli, bot, board) and the reports do not. Modules end in `.js` in the npm package. */
const JUDGES = [
  'package-lock.json',
  'render/**/*.{ts,js,json,br}',
  'controlplane/**/*.{ts,js}',
  'conformance/**/*.{ts,js,json}',
];

/** Content hash of Meshgate's own code: a verdict of another version of it is not one of this. Takes a few milliseconds. */
export function toolDigest(): string {
  const hash = createHash('sha256');
  for (const file of globSync(JUDGES, { cwd: ROOT }).sort()) {
    if (file.startsWith(join('conformance', 'report'))) continue;
    hash.update(`${file}\n`).update(
      createHash('sha256')
        .update(readFileSync(join(ROOT, file)))
        .digest(),
    );
  }
  return hash.digest('hex');
}
