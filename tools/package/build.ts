// Writes what `npm pack` puts into the package: dist/, which has the compiled form of everything that `mesh` can reach, and
// npm-shrinkwrap.json, the name under which npm lets a lock into a package: `npm ci` in the unpacked package then installs the versions
// that were tested. npm runs this (`prepack`), and again with --clean afterwards (`postpack`).
//
//   node tools/package/build.ts [--clean]
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { execaSync } from 'execa';
import { plainModule } from './plain-module.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const DIST = join(ROOT, 'dist');
const LOCK = join(ROOT, 'package-lock.json');
const SHRINKWRAP = join(ROOT, 'npm-shrinkwrap.json');
const ENTRY = 'cli/package-main.ts';
const ROOMS = 'render,controlplane,conformance,pipeline,bot,board,cli';
/** Folders whose data goes along: what is no TypeScript. `test/slack` is the local workspace that `mesh demo` shows. */
const DATA = [...ROOMS.split(','), 'test/slack', 'config'];
const NO_DATA = ['board/app/**', '**/*.{ts,tsx}', '**/tsconfig.json'];

if (process.argv.includes('--clean')) rmSync(SHRINKWRAP, { force: true });
else build();

function build(): void {
  rmSync(DIST, { recursive: true, force: true });
  if (existsSync(join(ROOT, 'board/app')))
    execaSync(process.execPath, [join(ROOT, 'tools/build-board.ts')], { cwd: ROOT, stdio: 'inherit' });
  const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const modules = writeModules(new Set(Object.keys(own.dependencies)));
  const data = globSync(
    DATA.map((folder) => `${folder}/**`),
    { cwd: ROOT, exclude: NO_DATA },
  ).filter((file) => statSync(join(ROOT, file)).isFile());
  for (const file of data) cpSync(join(ROOT, file), join(DIST, file));

  const { name, version, license } = own;
  const description = { name, version, license, private: true, type: 'module' };
  writeFileSync(join(DIST, 'package.json'), `${JSON.stringify(description, null, 2)}\n`);
  cpSync(LOCK, join(DIST, 'package-lock.json')); // part of what a verdict is bound to
  cpSync(LOCK, SHRINKWRAP);
  process.stderr.write(`dist: ${modules} modules, ${data.length} other files\n`);
}

/** Follows the modules from the entry, and returns how many there are. Throws for what a user of the package would not have. */
function writeModules(dependencies: ReadonlySet<string>): number {
  const found = new Set([ENTRY]);
  const sources = new Set(globSync(`{${ROOMS}}/**/*.ts`, { cwd: ROOT }).map((file) => basename(file)));
  for (const file of found) {
    const { code, modules, packages, texts } = plainModule(readFileSync(join(ROOT, file), 'utf8'));
    for (const module of modules) found.add(relative(ROOT, resolve(ROOT, dirname(file), module)));
    for (const specifier of packages) {
      const [scope = '', name] = specifier.split('/');
      const wanted = scope.startsWith('@') ? `${scope}/${name}` : scope;
      if (!isBuiltin(specifier) && !dependencies.has(wanted))
        throw new Error(`${file} imports ${specifier}: ${wanted} is not among the dependencies of package.json`);
    }
    const lost = texts.find((text) => sources.has(basename(text)));
    if (lost !== undefined)
      throw new Error(`${file}: the package would not find ${lost}; want new URL('./name.ts', import.meta.url)`);
    const to = join(DIST, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, code, { mode: file === ENTRY ? 0o755 : 0o644 });
  }
  return found.size;
}
