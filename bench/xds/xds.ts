import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watchLoad } from '../promote/load.ts';
import { hold } from './hold.ts';
import { parseXdsOptions } from './options.ts';
import { buildPeers } from './peers.ts';
import { benchResources } from './resources.ts';
import { sideBySide } from './side-by-side.ts';
import { storms } from './storm.ts';

/**
 * The control plane beside go-control-plane's caches and beside a server that only writes: `npm run bench -- xds [part]… [options]`.
 * Prints tables in Markdown; what was measured so far goes to standard error. Sets the exit code when a server did not get through.
 */
export async function benchXds(args: readonly string[]): Promise<void> {
  const options = parseXdsOptions(args);
  const programs = await buildPeers();
  if (!programs) {
    console.log('xds: not run, there is no `go` on the PATH to build its peers with');
    return;
  }
  const dir = await mkdtemp(join(tmpdir(), 'meshgate-bench-xds-'));
  const resourcesFile = async (clusters: number): Promise<string> => {
    const file = join(dir, `${clusters}.json`);
    await writeFile(file, JSON.stringify(benchResources(clusters)));
    return file;
  };
  if (options.profileDir !== undefined) await mkdir(options.profileDir, { recursive: true });
  const load = watchLoad();
  try {
    const through: boolean[] = [];
    if (options.parts.includes('table')) through.push(await sideBySide(programs, options, resourcesFile));
    if (options.parts.includes('storm')) through.push(await storms(programs, options, dir));
    if (options.parts.includes('hold')) through.push(await hold(programs, options, resourcesFile));
    console.log(`\n${load()}`);
    if (through.includes(false)) process.exitCode = 1;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
