import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { openStore } from '../../pipeline/store/open-store.ts';
import { BY_ADA, ofPromotion, ofStage, requested } from '../pipeline/store/sample-facts.ts';
import { temporaryDirectory } from '../pipeline/store/temporary-directory.ts';
import { layStore } from '../real/pglite-cluster.ts';

const MAIN = join(import.meta.dirname, '../../cli/main.ts');

test('mesh audit export and verify, on the store and on the export; exit codes 0, 1 and 2', {
  timeout: 180_000,
}, async () => {
  await using directory = await temporaryDirectory();
  const data = directory.path;
  await layStore(join(data, 'store'));
  // While this process hosts the store, the command reaches it through the socket.
  await using store = await openStore(
    { kind: 'pglite', dataDir: join(data, 'store') },
    { clock: { nowEpochMs: () => 1_000 }, toolVersion: 'test' },
  );
  await store.transact(async (tx) => {
    await tx.append(BY_ADA, ofPromotion('beta-1', requested('a\n"reason"')));
    await tx.append(BY_ADA, ofStage({ kind: 'numbered', counter: 1 }));
  });
  const audit = (...args: string[]) =>
    execa(process.execPath, [MAIN, 'audit', ...args], {
      reject: false,
      cwd: data,
      env: { DATABASE_URL: '', MESHGATE_DATA_DIR: data },
    });

  const exported = await audit('export');
  expect(exported).toMatchObject({ exitCode: 0, stderr: '' });
  const lines = exported.stdout.split('\n');
  expect(lines.map((line) => JSON.parse(line).seq)).toEqual([1, 2]);
  const head = `2:${JSON.parse(lines[1] ?? '').hash}`;
  const file = join(data, 'log.jsonl');
  writeFileSync(file, exported.stdout);

  const sound = await audit('verify', '--expect', head);
  expect(sound).toMatchObject({ exitCode: 0 });
  expect(sound.stdout).toBe(`audit log: 2 rows, 1 promotions, sound; head ${head}`);
  const ofFile = await audit('verify', '--file', file, '--json');
  expect([ofFile.exitCode, JSON.parse(ofFile.stdout)]).toMatchObject([0, { exitCode: 0, rows: 2, findings: [] }]);

  writeFileSync(file, exported.stdout.replace('reason', 'treason'));
  const altered = await audit('verify', '--file', file);
  expect(altered.exitCode).toBe(1);
  expect(altered.stdout).toContain('audit:1:1 audit-row-altered');

  await store.sql(`UPDATE meshgate.promotion SET state_kind = 'promoted'`, []);
  const edited = await audit('verify', '--json');
  expect(edited.exitCode).toBe(1);
  expect(JSON.parse(edited.stdout).findings).toMatchObject([{ rule: 'audit-record-differs', at: { line: 1 } }]);

  expect(await audit('verify', '--file', join(data, 'none.jsonl'))).toMatchObject({ exitCode: 2 });
  expect(await audit('verify', '--expect', '2')).toMatchObject({ exitCode: 2 });
});
