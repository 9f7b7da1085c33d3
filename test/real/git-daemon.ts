import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { freePort } from './free-port.ts';
import { untilReady } from './until-ready.ts';

export interface GitDaemon extends AsyncDisposable {
  /** `git://…`, where its repositories are. */
  readonly url: string;
}

/** A git server at an address of this machine, that anybody may push to, with empty repositories of these names below `dir`. */
export async function startGitDaemon(
  dir: string,
  address: string,
  repositories: readonly string[],
): Promise<GitDaemon> {
  for (const name of repositories) {
    await mkdir(join(dir, name), { recursive: true });
    await execa('git', ['init', '--quiet', '--bare', '--initial-branch', 'main', join(dir, name)]);
  }
  const port = await freePort();
  const program = (await execa('git', ['--exec-path'])).stdout;
  const daemon = execa(
    join(program, 'git-daemon'),
    ['--export-all', '--enable=receive-pack', `--base-path=${dir}`, `--listen=${address}`, `--port=${port}`],
    { reject: false, all: true },
  );
  const stop = async (): Promise<void> => {
    daemon.kill('SIGKILL');
    await daemon;
  };
  const answers = (): Promise<boolean> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, address, () => resolve(true)).once('error', reject);
      socket.once('connect', () => socket.destroy());
    });
  await untilReady('git daemon', daemon, 60_000, answers).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { url: `git://${address}:${port}`, [Symbol.asyncDispose]: stop };
}
