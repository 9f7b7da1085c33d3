import { opendir, realpath, stat } from 'node:fs/promises';
import { basename, extname, join, relative, sep } from 'node:path';
import type { Finding } from '../finding.ts';
import { editDistance } from '../nearest-names.ts';
import { RESOURCE_KINDS, RESOURCE_TYPES, type ResourceKind } from '../resource.ts';
import { MAX_FILES, MAX_FOLDER_DEPTH } from './limits.ts';
import { loadFinding, startOf } from './rules.ts';

/** What a file is for, told by where it stands. `stage` is the overlay's, absent for what all stages share. */
export type FileRole =
  | { readonly kind: 'mesh' }
  | { readonly kind: 'resources'; readonly of: ResourceKind; readonly stage?: string }
  | { readonly kind: 'bootstrap'; readonly stage?: string }
  | { readonly kind: 'template' }
  | { readonly kind: 'generator'; readonly stage?: string }
  | { readonly kind: 'values'; readonly stage: string };
export type ConfigFile = { readonly path: string; readonly role: FileRole };

const DATA_FILE = /\.(?:ya?ml|json|jsonnet)$/;
const FOLDERS = new Map<string, ResourceKind>(RESOURCE_KINDS.map((kind) => [RESOURCE_TYPES[kind].folder, kind]));
/** Read by others, or at another time. */
const OTHER_FOLDERS = ['checks', 'lib', 'vendor', 'docs', 'templates', 'generators', 'values', 'stages'];
const KNOWN_NAMES = [...FOLDERS.keys(), ...OTHER_FOLDERS, 'mesh', 'bootstrap'];

/** The files of a mesh config, by path in byte order, so that the order of a directory never matters. Paths use `/`. */
export async function listConfigFiles(dir: string): Promise<{ files: ConfigFile[]; findings: Finding[] }> {
  const findings: Finding[] = [];
  let root: string;
  try {
    root = await realpath(dir);
    if (!(await stat(root)).isDirectory()) throw new Error('it is no directory');
  } catch (error) {
    const saw =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such directory' : String((error as Error).message);
    return {
      files: [],
      findings: [loadFinding('config-not-found', startOf(dir), saw, 'a mesh config directory (--config DIR)')],
    };
  }
  const walk = new Walk(root, findings);
  await walk.folder('', [root]);
  const paths = walk.paths.sort((a, b) => (a < b ? -1 : 1));
  const files: ConfigFile[] = [];
  for (const path of paths) {
    const role = roleOf(path);
    if (role) files.push({ path, role });
    else if (isLikelyMistake(path)) {
      const want = `one of ${[...FOLDERS.keys()].join(', ')}, templates, generators, values, stages, checks (folders), mesh.yaml, bootstrap.yaml`;
      findings.push(loadFinding('unused-file', startOf(path), 'a file that nothing reads', want));
    }
  }
  return { files, findings };
}

class Walk {
  readonly paths: string[] = [];
  readonly #root: string;
  readonly #findings: Finding[];
  #full = false;

  constructor(root: string, findings: Finding[]) {
    this.#root = root;
    this.#findings = findings;
  }

  /** `above`: the real paths of the folders that lead here. */
  async folder(folder: string, above: readonly string[]): Promise<void> {
    const names: string[] = [];
    try {
      for await (const { name } of await opendir(join(this.#root, folder))) names.push(name);
    } catch (error) {
      this.#report(
        'file-unreadable',
        folder,
        (error as NodeJS.ErrnoException).code ?? String(error),
        'a folder that this user may read',
      );
      return;
    }
    for (const name of names.sort()) {
      if (this.#full) return;
      if (name.startsWith('.') || name === 'node_modules') continue;
      await this.#entry(folder === '' ? name : `${folder}/${name}`, above);
    }
  }

  async #entry(path: string, above: readonly string[]): Promise<void> {
    // at the top, only what has a meaning is looked into: a config may share its directory with anything else
    const top = path.split('/')[0] ?? path;
    const isData = DATA_FILE.test(path);
    if (OTHER_FOLDERS.slice(0, 4).includes(top)) return;
    let real: string;
    let isFolder: boolean;
    try {
      real = await realpath(join(this.#root, path));
      const stats = await stat(real);
      isFolder = stats.isDirectory();
      if (!isFolder && !isData) return;
      if (!isFolder && !stats.isFile()) {
        this.#report('file-unreadable', path, 'a device, pipe or socket', 'a regular file');
        return;
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ELOOP')
        this.#report('symlink-loop', path, 'a symbolic link that leads back to itself', 'a link to a file');
      else this.#report('file-unreadable', path, code ?? String(error), 'a file that this user may read');
      return;
    }
    if (real !== this.#root && !real.startsWith(this.#root + sep)) {
      if (roleOf(isFolder ? `${path}/x.yaml` : path) === undefined) return;
      this.#report(
        'path-outside-config',
        path,
        `a symbolic link to ${relative(this.#root, real)}`,
        'files within the config directory',
      );
      return;
    }
    if (!isFolder) {
      this.paths.push(path);
      if (this.paths.length < MAX_FILES) return;
      this.#full = true;
      this.#report(
        'file-too-large',
        path,
        `more than ${MAX_FILES} files`,
        `at most ${MAX_FILES}; put several resources in a file`,
      );
      return;
    }
    if (above.includes(real)) {
      this.#report('symlink-loop', path, 'a symbolic link to a folder above it', 'links that do not lead in circles');
    } else if (above.length > MAX_FOLDER_DEPTH) {
      this.#report('too-deep', path, `folders ${above.length} deep`, `at most ${MAX_FOLDER_DEPTH}`);
    } else await this.folder(path, [...above, real]);
  }

  #report(rule: Parameters<typeof loadFinding>[0], path: string, saw: string, want: string): void {
    this.#findings.push(loadFinding(rule, startOf(path || '.'), saw, want));
  }
}

function roleOf(path: string): FileRole | undefined {
  const steps = path.split('/');
  if (steps[0] === 'stages' && steps.length > 2) {
    const role = sharedRoleOf(steps.slice(2), path);
    const stage = steps[1] ?? '';
    const isOfStage = role?.kind === 'resources' || role?.kind === 'bootstrap' || role?.kind === 'generator';
    return isOfStage ? { ...role, stage } : undefined;
  }
  return sharedRoleOf(steps, path);
}

function sharedRoleOf(steps: readonly string[], path: string): FileRole | undefined {
  if (!DATA_FILE.test(path)) return undefined;
  const [first = '', second = ''] = steps;
  const isYaml = /\.ya?ml$/.test(path);
  if (steps.length === 1) {
    const stem = basename(first, extname(first));
    if (isYaml && stem === 'mesh') return { kind: 'mesh' };
    if (stem === 'bootstrap') return { kind: 'bootstrap' };
    const kind = FOLDERS.get(stem);
    return kind && { kind: 'resources', of: kind };
  }
  const kind = FOLDERS.get(first);
  if (kind) return { kind: 'resources', of: kind };
  if (path.endsWith('.jsonnet')) return undefined;
  if (first === 'templates') return { kind: 'template' };
  if (first === 'generators') return { kind: 'generator' };
  return first === 'values' && steps.length === 2
    ? { kind: 'values', stage: basename(second, extname(second)) }
    : undefined;
}

/** Data in a folder or under a name that is nearly one of ours, or where it would belong to us but has the wrong form. */
function isLikelyMistake(path: string): boolean {
  const steps = path.split('/');
  const [first = ''] = steps;
  if (steps.length > 1 && KNOWN_NAMES.includes(first)) return true;
  const stem = steps.length === 1 ? basename(first, extname(first)) : first;
  return KNOWN_NAMES.some((known) => editDistance(stem.toLowerCase(), known, 2) <= 2);
}
