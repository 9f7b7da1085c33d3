import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Finding } from '../../render/finding.ts';
import type { JsonValue } from '../../render/json.ts';
import { MAX_FILE_BYTES, MAX_FILES, MAX_FOLDER_DEPTH } from '../../render/load/limits.ts';
import { loadFinding, startOf } from '../../render/load/rules.ts';
import { readPlacedYaml } from '../../render/load/yaml/read-placed-yaml.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { formatLocation } from '../../render/source-location.ts';
import type { RequestCheck, ScriptCheck } from './check.ts';
import { parseChecks } from './declared/parse-checks.ts';
import { readScriptHeader } from './script/script-header.ts';

export type LoadChecksOptions = {
  /** What the names in checks are held against; without it they are not. */
  readonly snapshot?: Snapshot;
  /** Stages of `mesh.yaml`. */
  readonly stages?: readonly string[];
  /** Replaces `${values.…}` in one document; without it the text stays as it is. */
  readonly substitute?: (document: JsonValue) => { readonly value: JsonValue; readonly findings: readonly Finding[] };
};

export type LoadedChecks = {
  readonly checks: readonly (RequestCheck | ScriptCheck)[];
  readonly findings: readonly Finding[];
  /** Content hash of every file below `checks/`: scripts, and what they may read, are part of what a check means. */
  readonly digest: string;
};

type CheckFile = {
  /** Relative to the config directory, with `/`. */
  readonly path: string;
  readonly absolute: string;
  readonly isExecutable: boolean;
  readonly bytes: Buffer;
  /** Directly in `checks/`: only those are checks; deeper ones are what scripts need. */
  readonly isTop: boolean;
};

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
const isYaml = (path: string): boolean => /\.ya?ml$/.test(path);

/** Every regular file below `checks/`, sorted by path; links are followed as long as they stay in the mesh config. */
async function readCheckFiles(dir: string, findings: Finding[]): Promise<readonly CheckFile[]> {
  const root = await realpath(dir);
  const files: CheckFile[] = [];
  const report = (rule: Parameters<typeof loadFinding>[0], path: string, saw: string, want: string): void => {
    findings.push(loadFinding(rule, startOf(path), saw, want));
  };
  const visit = async (folder: string, above: readonly string[]): Promise<void> => {
    const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      report('file-unreadable', relative(dir, folder), error.message, 'a folder that can be read');
      return [];
    });
    for (const name of entries.sort()) {
      const absolute = join(folder, name);
      const path = relative(dir, absolute).split(sep).join('/');
      try {
        const real = await realpath(absolute);
        if (real !== root && !real.startsWith(root + sep)) {
          report('path-outside-config', path, 'a link that leads out of the mesh config', 'files inside of it');
          continue;
        }
        const info = await stat(absolute);
        if (info.isDirectory()) {
          if (above.includes(real))
            report('symlink-loop', path, 'a link that leads back to a folder above it', 'folders without loops');
          else if (above.length >= MAX_FOLDER_DEPTH)
            report('too-deep', path, `more than ${MAX_FOLDER_DEPTH} levels of folders`, `at most ${MAX_FOLDER_DEPTH}`);
          else await visit(absolute, [...above, real]);
        } else if (!info.isFile())
          report('file-unreadable', path, 'something other than a file or folder', 'a regular file');
        else if (info.size > MAX_FILE_BYTES)
          report('file-too-large', path, `${info.size} bytes`, `at most ${MAX_FILE_BYTES} bytes`);
        else if (files.length >= MAX_FILES)
          report('file-too-large', path, `more than ${MAX_FILES} files`, 'fewer files');
        else
          files.push({
            path,
            absolute: real,
            isExecutable: (info.mode & 0o111) !== 0,
            bytes: await readFile(absolute),
            isTop: above.length === 1,
          });
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        report(
          code === 'ELOOP' ? 'symlink-loop' : 'file-unreadable',
          path,
          code === 'ENOENT' ? 'a link that leads nowhere' : message,
          'a file that can be read',
        );
      }
    }
  };
  const top = join(dir, 'checks');
  const realTop = await realpath(top).catch((error: NodeJS.ErrnoException) => {
    // A config without checks is a config; a `checks` that leads nowhere is a mistake.
    if (error.code !== 'ENOENT' || isLink(top))
      report('file-unreadable', 'checks', error.message, 'a folder that can be read');
    return undefined;
  });
  if (realTop === undefined) return files;
  if (realTop.startsWith(root + sep)) await visit(top, [realTop]);
  else report('path-outside-config', 'checks', 'a link that leads out of the mesh config', 'a folder inside of it');
  return files;
}

function digestOf(files: readonly CheckFile[]): string {
  const hash = createHash('sha256');
  for (const { path, isExecutable, bytes } of files) {
    const content = createHash('sha256').update(bytes).digest('hex');
    hash.update(`${JSON.stringify(path)} ${isExecutable ? 'x' : '-'} ${content}\n`);
  }
  return hash.digest('hex');
}

function readYamlChecks(
  { path, bytes }: CheckFile,
  options: LoadChecksOptions,
  findings: Finding[],
): readonly RequestCheck[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    findings.push(loadFinding('not-utf8', startOf(path), 'bytes that are not UTF-8', 'a file in UTF-8'));
    return [];
  }
  const read = readPlacedYaml(path, text);
  findings.push(...read.findings);
  const documents = read.documents.flatMap((document) => {
    const substituted = options.substitute?.(document) ?? { value: document, findings: [] };
    findings.push(...substituted.findings);
    // A document with an unknown value would be reported a second time for what is then missing.
    return substituted.findings.some(({ severity }) => severity === 'error') ? [] : [substituted.value];
  });
  const parsed = parseChecks(path, documents, { snapshot: options.snapshot, stages: options.stages });
  findings.push(...parsed.findings);
  return parsed.checks;
}

function readScript(
  { path, absolute, bytes }: CheckFile,
  options: LoadChecksOptions,
  findings: Finding[],
): readonly ScriptCheck[] {
  const head = bytes.subarray(0, 4096).toString('utf8');
  const { header, findings: faults } = readScriptHeader(path, head, options.stages);
  findings.push(...faults);
  if (faults.length > 0) return [];
  return [
    {
      kind: 'script',
      name: path.replace(/^checks\//, ''),
      origin: 'declared',
      at: startOf(path),
      file: absolute,
      ...header,
    },
  ];
}

/** Two checks of one name are confusing only where both apply: `--check NAME` must mean one thing. */
function duplicateNames(checks: readonly (RequestCheck | ScriptCheck)[]): readonly Finding[] {
  const seen: (RequestCheck | ScriptCheck)[] = [];
  return checks.flatMap((check): readonly Finding[] => {
    const other = seen.find(
      ({ name, stages }) =>
        name === check.name && (!stages || !check.stages || stages.some((stage) => check.stages?.includes(stage))),
    );
    seen.push(check);
    // The same name for different Envoy versions is how one check takes two shapes.
    if (!other || (other.envoy !== check.envoy && other.envoy !== undefined && check.envoy !== undefined)) return [];
    const saw = `a second check named "${check.name}", after the one at ${formatLocation(other.at)}`;
    return [
      {
        rule: 'check-duplicate-name',
        severity: 'error',
        at: check.at,
        saw,
        want: 'a name of its own for each check of a stage',
      },
    ];
  });
}

/**
 * Reads `checks/` of the mesh config in `dir`: `*.yaml`, and executables. Files of other kinds, and everything in folders below,
 * are no checks but part of the digest. A config without `checks/` has none. Never rejects for what is in the files.
 */
export async function loadChecks(dir: string, options: LoadChecksOptions = {}): Promise<LoadedChecks> {
  const findings: Finding[] = [];
  const files = await readCheckFiles(dir, findings);
  const checks = files
    .filter(({ isTop }) => isTop)
    .flatMap((file): readonly (RequestCheck | ScriptCheck)[] => {
      if (isYaml(file.path)) return readYamlChecks(file, options, findings);
      if (file.isExecutable) return readScript(file, options, findings);
      if (file.bytes.subarray(0, 2).toString('latin1') === '#!') {
        const saw = 'a script without the run bit, which is not run';
        const want = `chmod +x ${file.path}; or a folder below checks/ for what scripts only read`;
        findings.push({ rule: 'script-not-executable', severity: 'warning', at: startOf(file.path), saw, want });
      }
      return [];
    });
  findings.push(...duplicateNames(checks));
  return { checks, findings, digest: digestOf(files) };
}
