import { chmod, cp, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadChecks } from '../../../conformance/checks/load-checks.ts';
import { formatLocation } from '../../../render/source-location.ts';

/** `values.status` in braces after a dollar sign. */
const EXPRESSION = ['$', '{values.status}'].join('');
const CHECK = '{ name: a, listener: edge, expect: { status: 200 } }\n';

async function configOf(
  files: Readonly<Record<string, string | Buffer>>,
  executable: readonly string[] = [],
): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'mesh load '));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
    if (executable.includes(path)) await chmod(join(dir, path), 0o755);
  }
  return dir;
}
const said = async (dir: string): Promise<string[]> =>
  (await loadChecks(dir, { stages: ['beta'] })).findings.map(({ rule, at }) => `${formatLocation(at)} ${rule}`);

test('YAML files and executables are checks; other files and folders below are not', async () => {
  const dir = await configOf(
    {
      'checks/a.yaml': CHECK,
      'checks/b.yml': CHECK.replace('name: a', 'name: b'),
      'checks/probe.sh': '#!/bin/sh\n# mesh: timeout=5s stages=beta\n',
      'checks/README.md': 'x',
      'checks/lib/run.sh': '#!/bin/sh\n',
    },
    ['checks/probe.sh', 'checks/lib/run.sh'],
  );
  const { checks, findings } = await loadChecks(dir, { stages: ['beta'] });
  expect(findings).toEqual([]);
  expect(checks.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['request a', 'request b', 'script probe.sh']);
  expect(checks[2]).toMatchObject({
    timeoutMs: 5_000,
    stages: ['beta'],
    at: { file: 'checks/probe.sh', line: 1, column: 1 },
  });
});

test('a config without checks has none', async () => {
  expect(await loadChecks(await configOf({ 'mesh.yaml': '' }))).toMatchObject({ checks: [], findings: [] });
});

test('values are replaced before a check is read', async () => {
  const dir = await configOf({ 'checks/a.yaml': `name: a\nlistener: edge\nexpect: { status: "${EXPRESSION}" }\n` });
  const substitute = (document: unknown) => ({
    value: JSON.parse(JSON.stringify(document).replace(`"${EXPRESSION}"`, '404')),
    findings: [],
  });
  const { checks } = await loadChecks(dir, { substitute });
  expect(checks[0]).toMatchObject({ expect: { status: [{ from: 404, to: 404 }] } });
});

describe('what is wrong with the files is said at its place', () => {
  test('faults of YAML, of checks and of headers, all at once', async () => {
    const dir = await configOf(
      {
        'checks/a.yaml': 'name: [',
        'checks/b.yaml': `- ${CHECK}- ${CHECK}`,
        'checks/c.sh': '#!/bin/sh\n# mesh: speed=1\n',
        'checks/d.sh': '#!/bin/sh\n',
        'checks/e.yaml': Buffer.from([0x6e, 0xff, 0xfe]),
      },
      ['checks/c.sh'],
    );
    expect(await said(dir)).toEqual([
      'checks/a.yaml:1:8 yaml-syntax',
      'checks/c.sh:2:9 script-header',
      'checks/d.sh:1:1 script-not-executable',
      'checks/e.yaml:1:1 not-utf8',
      'checks/b.yaml:2:3 check-duplicate-name',
    ]);
  });
  test('links out of the config, into nothing and in loops', async () => {
    const dir = await configOf({ 'checks/a.yaml': CHECK });
    const outside = await configOf({ 'secret.yaml': CHECK });
    await symlink(join(outside, 'secret.yaml'), join(dir, 'checks/b.yaml'));
    await symlink('nowhere', join(dir, 'checks/c.yaml'));
    await symlink('.', join(dir, 'checks/d'));
    await symlink('e', join(dir, 'checks/e'));
    expect(await said(dir)).toEqual([
      'checks/b.yaml:1:1 path-outside-config',
      'checks/c.yaml:1:1 file-unreadable',
      'checks/d:1:1 symlink-loop',
      'checks/e:1:1 symlink-loop',
    ]);
  });
  test('a file that is too large is not even read', async () => {
    expect(await said(await configOf({ 'checks/a.yaml': Buffer.alloc(9 * 1024 * 1024, 0x20) }))).toEqual([
      'checks/a.yaml:1:1 file-too-large',
    ]);
  });
});

test('the digest is of the content of every file, run bits and helpers included, and of nothing else', async () => {
  const files = { 'checks/a.yaml': CHECK, 'checks/lib/data.json': '{}', 'checks/run.sh': '#!/bin/sh\n' };
  const dir = await configOf(files, ['checks/run.sh']);
  const digest = async (of: string): Promise<string> => (await loadChecks(of)).digest;
  const first = await digest(dir);
  const copy = await mkdtemp(join(tmpdir(), 'mesh copy '));
  await cp(dir, copy, { recursive: true });
  expect(await digest(copy)).toBe(first);
  await writeFile(join(copy, 'mesh.yaml'), 'stages: []\n');
  expect(await digest(copy)).toBe(first);
  const seen = new Set([first]);
  await writeFile(join(copy, 'checks/lib/data.json'), '[]');
  seen.add(await digest(copy));
  await chmod(join(copy, 'checks/run.sh'), 0o644);
  seen.add(await digest(copy));
  await writeFile(join(copy, 'checks/new.txt'), '');
  seen.add(await digest(copy));
  expect(seen.size).toBe(4);
});
