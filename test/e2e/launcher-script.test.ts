import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { MESH, type Sandbox, sandbox } from './sandbox.ts';

// No Envoy runs here, but the whole command does, several times a test, and a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

let box: Sandbox;
let good: string;
beforeAll(async () => {
  box = await sandbox({ withEnvoys: false });
  good = await box.mesh('good');
});
afterAll(() => box[Symbol.asyncDispose]());

test('who stops reading is no fault', async () => {
  const { stdout } = await execa(
    'sh',
    ['-c', '"$MESH" render --stage beta --config "$1" | head -1; "$MESH" --help >&-', 'sh', good],
    {
      env: { ...box.env, MESH },
      all: true,
      reject: false,
    },
  );
  expect(stdout).toMatch(/^stage: beta/);
  const { all } = await execa(
    'bash',
    ['-c', 'set -o pipefail; "$MESH" render --stage beta --config "$1" | true', 'bash', good],
    {
      env: { ...box.env, MESH },
      all: true,
      reject: false,
    },
  );
  expect(all).toBe('');
});

test('from any directory, and through links', async () => {
  const from = join(box.dir, 'some where');
  await mkdir(from);
  await symlink(MESH, join(from, 'direct'));
  await symlink('direct', join(from, 'in direct'));
  for (const command of [MESH, join(from, 'direct'), join(from, 'in direct')]) {
    const { exitCode, stdout } = await execa(command, ['validate', '--config', '../good'], { cwd: from, env: box.env });
    expect([exitCode, stdout.split('\n').at(-1)]).toEqual([0, 'validate: 2 stages, 0 errors, 0 warnings']);
  }
  // Without --config: `config/` of where one stands.
  await symlink(good, join(from, 'config'));
  const { stdout } = await execa(MESH, ['render', '--stage', 'release'], { cwd: from, env: box.env });
  expect(stdout).toContain('stage: release');
});
