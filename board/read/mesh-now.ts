import type { ConfigSource } from '../../pipeline/engine/source/config-source.ts';
import { type ReadableMesh, readableMesh } from '../../pipeline/engine/source/readable-mesh.ts';
import type { BoardPorts } from './board-ports.ts';
import { share } from './share.ts';

/** How long pages go by what was read. */
const KNOWN_MS = 2_000;
/** The protected branch is fetched this often while somebody looks; workers do it of their own. */
const FETCH_EVERY_MS = 60_000;

/**
 * The mesh config as pages show it: read from the repository of this machine, so that no page waits for the server of the repository;
 * that is asked beside, now and then.
 */
export function meshNow({ source, revisions }: Pick<BoardPorts, 'source' | 'revisions'>): () => Promise<ReadableMesh> {
  let away: string | undefined;
  let fetched = false;
  const fetchNow = share(FETCH_EVERY_MS, async () => {
    try {
      await source.head();
      away = undefined;
    } catch (fault) {
      away = `${source.name} cannot be looked at (${fault instanceof Error ? fault.message : String(fault)})`;
    }
  });
  const known: ConfigSource = { ...source, head: (signal) => source.knownHead(signal) };
  return share(KNOWN_MS, async () => {
    const fetching = fetchNow();
    // At first there may be nothing here yet.
    if (!fetched) await fetching;
    fetched = true;
    const mesh = await readableMesh({ source: known, revisions });
    return away === undefined ? mesh : { ...mesh, instead: [away, mesh.instead].filter(Boolean).join('; ') };
  });
}
