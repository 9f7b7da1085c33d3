import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { watchLoad } from '../promote/load.ts';
import { hold } from './hold.ts';
import { type Part, parseXdsOptions } from './options.ts';
import { buildPeers } from './peers.ts';
import type { Print } from './print.ts';
import { recorded } from './record.ts';
import { benchResources } from './resources.ts';
import { sideBySide } from './side-by-side.ts';
import { storms } from './storm.ts';

const PAGE = join(import.meta.dirname, '../../docs/performance.md');

/**
 * The control plane beside go-control-plane's caches and beside a server that only writes: `npm run bench -- xds [part]… [options]`.
 * Prints tables in Markdown; what was measured so far, and profiles, go to standard error. Sets the exit code when a server did not get through.
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
  const run: Readonly<Record<Part, (print: Print) => Promise<boolean>>> = {
    table: (print) => sideBySide(programs, options, resourcesFile, print),
    storm: (print) => storms(programs, options, dir, print),
    hold: (print) => hold(programs, options, resourcesFile, print),
  };
  try {
    for (const part of options.parts) {
      const lines: string[] = [];
      const print: Print = (text) => {
        console.log(text);
        lines.push(text);
      };
      const load = watchLoad();
      const through = await run[part](print);
      if (!through) process.exitCode = 1;
      print(`\n${await circumstances()}; ${load()}.`);
      if (options.record) await writeFile(PAGE, recorded(await readFile(PAGE, 'utf8'), part, lines.join('\n')));
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Which code, when and where: a figure without these says nothing later. */
async function circumstances(): Promise<string> {
  const git = await execa('git', ['describe', '--always', '--dirty'], { cwd: import.meta.dirname, reject: false });
  const commit = git.failed ? 'no commit' : `commit ${git.stdout}`;
  const [cpu] = cpus();
  return `${new Date().toISOString().slice(0, 16)} UTC, ${commit}, Node ${process.versions.node}, ${cpus().length} × ${cpu?.model.trim()}`;
}
