import { readFile, realpath, stat } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { parseDocument } from 'yaml';
import { type Asking, askOn, pause, SourceFault } from '../ask-on.ts';
import { type DiscoveredHost, MAX_HOSTS } from '../discovered-host.ts';
import { firstIssue, hostList, hostOf } from '../host-schema.ts';
import type { HostSource } from '../host-source.ts';

export type FilePorts = {
  /** The folder that files are in; nothing outside of it is read, since it is the mesh config that names them. */
  readonly root: string;
  /** How often a file is looked at; default 250 ms. */
  readonly pollMs?: number;
};

const MAX_BYTES = 8 * 1024 * 1024;

/**
 * The hosts of a file: a YAML or JSON list. A change counts once the file stays the same from one look to the next, so that nobody
 * reads half a list; to be sure, write beside it and rename.
 */
export function fileSource({ path }: { readonly path: string }, { root, pollMs = 250 }: FilePorts): HostSource {
  const ask: Asking = async function* (signal) {
    // Looking goes on in here after faults too, so that a file that cannot be read is not looked at less often.
    let before: string | undefined;
    let read: string | undefined;
    let fault: SourceFault | undefined;
    for (; !signal.aborted; await pause(pollMs, signal)) {
      const mark = await markOf(path, root);
      const settled = mark === before;
      before = mark;
      if (!settled || mark === read) continue;
      fault = undefined;
      const hosts = await hostsOf(path, root).catch((error: unknown) => {
        fault = error instanceof SourceFault ? error : new SourceFault(`${path} cannot be read: ${codeOf(error)}`);
      });
      // Changed while it was read: looked at again.
      if ((await markOf(path, root)) !== mark) continue;
      if (fault) throw fault;
      read = mark;
      if (hosts) yield { hosts };
    }
    return 0;
  };
  return askOn(`file ${path}`, ask, { firstMs: pollMs, mostMs: pollMs * 4 });
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

async function hostsOf(path: string, root: string): Promise<readonly DiscoveredHost[]> {
  const file = await realpath(resolve(root, path));
  const inside = relative(await realpath(root), file);
  if (inside === '..' || inside.startsWith(`..${sep}`))
    throw new SourceFault(`${path} is outside of the folder of host files`);
  if ((await stat(file)).size > MAX_BYTES) throw new SourceFault(`${path} is larger than ${MAX_BYTES} bytes`);
  return readHosts(path, await readFile(file, 'utf8'));
}

/** Throws a `SourceFault` that names what is wrong, and never what is written there. */
export function readHosts(path: string, text: string): readonly DiscoveredHost[] {
  const document = parseDocument(text, { prettyErrors: true, logLevel: 'silent' });
  const [error] = document.errors;
  if (error) {
    const { line = 1, col = 1 } = error.linePos?.[0] ?? {};
    throw new SourceFault(`${path}:${line}:${col} is no YAML (${error.code})`);
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch {
    throw new SourceFault(`${path} has too many aliases`);
  }
  if (Array.isArray(value) && value.length > MAX_HOSTS)
    throw new SourceFault(`${path} has more than ${MAX_HOSTS} hosts`);
  const parsed = hostList.safeParse(value);
  if (!parsed.success) throw new SourceFault(`${path}: ${firstIssue(parsed.error)}`);
  return parsed.data.map(hostOf);
}

const codeOf = (error: unknown): string => {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : 'an unknown fault';
};
