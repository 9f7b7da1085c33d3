import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';
import { execa } from 'execa';

/**
 * Makes the descriptor set of an Envoy minor version: `node tools/descriptors/build.ts 1.40`.
 *
 * Downloads the Go module of Envoy's API at the tag of that minor (tags follow Envoy's), takes the descriptors of all its packages
 * out of the generated code (`extract/`), and writes them with the extension categories of fields to `render/api/descriptors/`.
 * Needs Go on the PATH, and the network unless the module is in Go's cache. `--contrib TAG` adds the API of Envoy's contrib
 * extensions from a module of its own; its tags do not follow Envoy's closely, so the tag is given by hand.
 */
const MODULE = 'github.com/envoyproxy/go-control-plane/envoy';
const CONTRIB = 'github.com/envoyproxy/go-control-plane/contrib';
const DESCRIPTORS = join(import.meta.dirname, '../../render/api/descriptors');

const { positionals, values } = parseArgs({ allowPositionals: true, options: { contrib: { type: 'string' } } });
const minor = /^(\d+\.\d+)(?:\.\d+)?$/.exec(positionals[0] ?? '')?.[1];
if (!minor || positionals.length !== 1) {
  console.error('usage: node tools/descriptors/build.ts MINOR [--contrib TAG]   (MINOR such as 1.40)');
  process.exit(2);
}

const work = await mkdtemp(join(tmpdir(), 'meshgate-descriptors-'));
try {
  const modules = [`${MODULE}@v${minor}.0`, ...(values.contrib ? [`${CONTRIB}@${values.contrib}`] : [])];
  await writeFile(join(work, 'go.mod'), 'module meshgate/descriptors\n\ngo 1.23\n');
  // `-mod=mod` lets Go add what the packages import and what `go get` of the module's root leaves out.
  const go = { cwd: work, env: { GOFLAGS: '-mod=mod', GOWORK: 'off' } } as const;
  for (const module of modules) await execa('go', ['get', module], go);
  const packages = modules.map((module) => `${module.slice(0, module.indexOf('@'))}/...`);
  const dirs = await execa('go', ['list', '-deps', '-f', '{{if not .Standard}}{{.Dir}}{{end}}', ...packages], go);
  const set = join(work, 'set.binpb');
  const slots = join(DESCRIPTORS, `envoy-${minor}.slots.json`);
  const extract = await execa('go', ['run', '.', '-set', set, '-slots', slots], {
    cwd: join(import.meta.dirname, 'extract'),
    env: { GOWORK: 'off' },
    input: dirs.stdout,
  });
  await execa('biome', ['format', '--write', slots], { preferLocal: true, cwd: import.meta.dirname });
  const bytes = await readFile(set);
  const packed = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  await writeFile(join(DESCRIPTORS, `envoy-${minor}.binpb.br`), packed);
  await execa(process.execPath, [join(import.meta.dirname, 'write-differences.ts')]);
  console.log(`envoy-${minor}: ${extract.stdout}, ${packed.length} bytes packed`);
} finally {
  await rm(work, { recursive: true, force: true });
}
