import { readFile } from 'node:fs/promises';
import { SourceFault } from '../ask-on.ts';

const MAX_BYTES = 64 * 1024;

/** The token in a file, read each time: whoever renews it writes it there. Throws a `SourceFault` that names the file, and not what is in it. */
export function tokenFile(path: string): () => Promise<string> {
  return async () => {
    let text: string;
    try {
      text = (await readFile(path, 'utf8')).trim();
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      throw new SourceFault(
        `the token in ${path} cannot be read: ${typeof code === 'string' ? code : 'an unknown fault'}`,
      );
    }
    // What else it holds would be an error of Node's that has it in its words.
    if (text === '' || text.length > MAX_BYTES || !/^[\x20-\x7e]+$/.test(text))
      throw new SourceFault(`${path} holds no token: want one line of ASCII`);
    return text;
  };
}
