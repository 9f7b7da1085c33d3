import { readFile, realpath, stat } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { parseDocument } from 'yaml';
import { pause, type Retry, SourceFault } from '../ask-on.ts';

export type FilePorts = {
  /** The folder that files are in; nothing outside of it is read, since it is the mesh config that names them. */
  readonly root: string;
  /** How often a file is looked at; default 250 ms. */
  readonly pollMs?: number;
};

const MAX_BYTES = 8 * 1024 * 1024;
export const POLL_MS = 250;

/** Looking goes on as often after a fault. */
export const fileRetry = (pollMs: number): Retry => ({ firstMs: pollMs, mostMs: pollMs * 4 });

/**
 * What `read` makes of a file, again whenever it changes. A change counts once the file stays the same from one look to the next, so that
 * nobody reads half of it; to be sure, write beside it and rename. Throws `SourceFault`.
 */
export async function* followFile<Read>(
  path: string,
  { root, pollMs = POLL_MS }: FilePorts,
  read: (text: string) => Read,
  signal: AbortSignal,
): AsyncGenerator<Read, number, void> {
  // Looking goes on in here after faults too, so that a file that cannot be read is not looked at less often.
  let before: string | undefined;
  let done: string | undefined;
  for (; !signal.aborted; await pause(pollMs, signal)) {
    const mark = await markOf(path, root);
    const settled = mark === before;
    before = mark;
    if (!settled || mark === done) continue;
    let taken: { readonly value: Read } | SourceFault;
    try {
      taken = { value: read(await textOf(path, root)) };
    } catch (error) {
      taken = error instanceof SourceFault ? error : new SourceFault(`${path} cannot be read: ${codeOf(error)}`);
    }
    // Changed while it was read: looked at again.
    if ((await markOf(path, root)) !== mark) continue;
    if (taken instanceof SourceFault) throw taken;
    done = mark;
    yield taken.value;
  }
  return 0;
}

/** What changes whenever the file does: its content is only read then. Through links, as ConfigMaps are mounted. */
async function markOf(path: string, root: string): Promise<string> {
  try {
    const { mtimeNs, ctimeNs, size, ino, dev } = await stat(resolve(root, path), { bigint: true });
    return [mtimeNs, ctimeNs, size, ino, dev].join(' ');
  } catch (error) {
    return codeOf(error);
  }
}

async function textOf(path: string, root: string): Promise<string> {
  const file = await realpath(resolve(root, path));
  const inside = relative(await realpath(root), file);
  if (inside === '..' || inside.startsWith(`..${sep}`))
    throw new SourceFault(`${path} is outside of the folder of host files`);
  if ((await stat(file)).size > MAX_BYTES) throw new SourceFault(`${path} is larger than ${MAX_BYTES} bytes`);
  return readFile(file, 'utf8');
}

/** Throws a `SourceFault` that names what is wrong, and never what is written there. */
export function yamlOf(path: string, text: string): unknown {
  const document = parseDocument(text, { prettyErrors: true, logLevel: 'silent' });
  const [error] = document.errors;
  if (error) {
    const { line = 1, col = 1 } = error.linePos?.[0] ?? {};
    throw new SourceFault(`${path}:${line}:${col} is no YAML (${error.code})`);
  }
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw new SourceFault(`${path} has too many aliases`);
  }
}

const codeOf = (error: unknown): string => {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : 'an unknown fault';
};
