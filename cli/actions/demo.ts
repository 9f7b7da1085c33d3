import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chooseLauncher, makeLauncher } from '../../conformance/launcher/choose-launcher.ts';
import type { EnvoyRelease } from '../../render/config/mesh-config.ts';
import type { EnvoyVersion } from '../../render/ids.ts';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';
import type { CommandContext } from '../command-context.ts';
import { startDemoWorld } from '../demo/demo-world.ts';
import { StoryFault, startPlay } from '../demo/play.ts';
import { tellStory } from '../demo/story.ts';
import { untilStopped } from '../until-stopped.ts';
import { UsageError } from '../usage-error.ts';

export type DemoOptions = { readonly script?: boolean; readonly dir?: string };

/** As in the demo's `mesh.yaml`. */
const RELEASES: readonly EnvoyRelease[] = ['1.36.4', '1.40.0'].map((version) => ({ version: version as EnvoyVersion }));

/**
 * Runs the demo until it is stopped, or, with `--script`, until the story is told. Resolves with 0; with 1 when the story did not
 * go as it should. Rejects with `UsageError` or `LauncherError`. Nothing runs any more when it settles.
 */
export async function demo(options: DemoOptions, context: CommandContext): Promise<number> {
  const { stdout, stderr, env, signal } = context;
  const say = (line: string): void => void stderr.write(`${line}\n`);
  const releases = RELEASES;
  const { settings } = await chooseLauncher({
    wish: 'process',
    releases,
    cacheDir: cacheDirOf(env),
    onProgress: say,
    signal,
  });
  await using place = await placeOf(options.dir, context);
  await using world = await startDemoWorld({ dir: place.dir, launcher: makeLauncher(settings), releases, env, say });
  if (options.script !== true) {
    stdout.write(
      `open ${world.workspace.pageUrl} and type /mesh promote beta; the board is at ${world.boardUrl} (Ctrl-C ends the demo)\n`,
    );
    await untilStopped(signal);
    return 0;
  }
  try {
    await tellStory(world, startPlay({ world, print: (line) => void stdout.write(`${line}\n`), signal }));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof StoryFault)) throw error;
    say(`the story did not go as it should: ${error.message}`);
    return 1;
  }
  stdout.write('\nEach thing went as it should.\n');
  return 0;
}

async function placeOf(dir: string | undefined, { cwd }: CommandContext): Promise<AsyncDisposable & { dir: string }> {
  if (dir === undefined) {
    const made = await mkdtemp(join(tmpdir(), 'meshgate-demo-'));
    return { dir: made, [Symbol.asyncDispose]: () => rm(made, { recursive: true, force: true, maxRetries: 3 }) };
  }
  const path = resolve(cwd, dir);
  await mkdir(path, { recursive: true });
  if ((await readdir(path)).length > 0) throw new UsageError(`--dir ${dir}: not empty; name an empty directory`);
  return { dir: path, [Symbol.asyncDispose]: async () => {} };
}
