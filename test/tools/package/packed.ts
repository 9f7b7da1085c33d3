import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';

export const ROOT = resolve(import.meta.dirname, '../../..');

export interface Packed extends AsyncDisposable {
  readonly dir: string;
  readonly tarball: string;
  /** Its files, without the `package/` that npm puts before each. */
  readonly files: readonly string[];
}

/** What `npm pack` makes of this checkout: run in a copy, so that nothing is written where others work. */
export async function packed(): Promise<Packed> {
  const dir = await mkdtemp(join(tmpdir(), 'meshgate-package-'));
  const checkout = join(dir, 'checkout');
  const { stdout } = await execa('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
  });
  for (const file of stdout.split('\0').filter((name) => name !== '' && !/^(test\/(?!slack)|docs)/.test(name))) {
    await mkdir(dirname(join(checkout, file)), { recursive: true });
    await cp(join(ROOT, file), join(checkout, file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error; // deleted, but not yet in the index
    });
  }
  await symlink(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
  await execa('npm', ['pack', '--silent', '--pack-destination', dir], { cwd: checkout });
  const [name = ''] = (await readdir(dir)).filter((file) => file.endsWith('.tgz'));
  const tarball = join(dir, name);
  const { stdout: list } = await execa('tar', ['-tzf', tarball]);
  return {
    dir,
    tarball,
    files: list.split('\n').map((file) => file.replace(/^package\//, '')),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/**
 * A project folder in which the package is installed as npm would, without its minute: unpacked, with exactly the packages that
 * `dependencies` names beside it, one link each, and its programs in `.bin`.
 */
export async function installed({ dir, tarball }: Packed): Promise<string> {
  const project = join(dir, 'a project');
  const modules = join(project, 'node_modules');
  await mkdir(join(modules, 'meshgate'), { recursive: true });
  await execa('tar', ['-xzf', tarball, '--strip-components=1', '-C', join(modules, 'meshgate')]);
  const own = JSON.parse(await readFile(join(modules, 'meshgate/package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly bin: Readonly<Record<string, string>>;
  };
  for (const name of Object.keys(own.dependencies)) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  }
  await mkdir(join(modules, '.bin'));
  for (const [name, file] of Object.entries(own.bin))
    await symlink(join('../meshgate', file), join(modules, '.bin', name));
  return project;
}
