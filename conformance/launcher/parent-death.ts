import { execa } from 'execa';

let prefix: Promise<readonly string[]> | undefined;

/**
 * Arguments to put before a command so that the kernel kills it when this process is gone, however that ended (`kill -9` too).
 * A serving Envoy asks the kernel for SIGTERM by itself, as soon as it has set up hot restart; this covers the time before, and
 * `--mode validate`. Linux with util-linux ≥ 2.33 only (`setpriv --pdeathsig`, which keeps the process id); elsewhere empty, and
 * then only an ordinary end of this process, or whoever was told by `LauncherHooks`, cleans up.
 */
export function parentDeathPrefix(): Promise<readonly string[]> {
  prefix ??= (async () => {
    if (process.platform !== 'linux') return [];
    const command = ['setpriv', '--pdeathsig', 'KILL', '--'];
    const { failed } = await execa('setpriv', ['--pdeathsig', 'KILL', '--', 'setpriv', '--version'], {
      reject: false,
      timeout: 5_000,
      stdio: 'ignore',
    });
    return failed ? [] : command;
  })();
  return prefix;
}
