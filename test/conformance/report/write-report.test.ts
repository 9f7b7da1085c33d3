import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MatrixResult } from '../../../conformance/report/matrix-result.ts';
import { writeReport } from '../../../conformance/report/write-report.ts';
import { cell, failedCell, finding, inconclusiveCell, matrix } from './sample-result.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'meshgate report '));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const read = (...names: string[]): Promise<string> => readFile(path.join(dir, ...names), 'utf8');

test('the report is three files, and a folder for each cell that did not pass', async () => {
  await writeReport(
    dir,
    matrix([cell('beta', '1.36.4'), failedCell('beta', '1.40.0', [finding()]), inconclusiveCell('canary', '1.40.0')]),
  );
  expect((await readdir(dir)).sort()).toEqual(['cells', 'junit.xml', 'report.json', 'summary.md']);
  expect((await readdir(path.join(dir, 'cells'))).sort()).toEqual(['beta@1.40.0', 'canary@1.40.0']);
  expect((await readdir(path.join(dir, 'cells', 'beta@1.40.0'))).sort()).toEqual([
    'config_dump.json',
    'envoy.log',
    'xds-conversation.jsonl',
  ]);
  expect(await read('cells', 'beta@1.40.0', 'xds-conversation.jsonl')).toBe(
    '{"kind":"opened","atMs":1,"nodeId":"n"}\n',
  );
});

test('report.json says where the evidence is and does not repeat it; secrets are in neither', async () => {
  await writeReport(dir, matrix([failedCell('beta', '1.40.0', [finding()])]));
  const report = JSON.parse(await read('report.json')) as MatrixResult;
  expect(report).toMatchObject({
    verdict: 'fail',
    exitCode: 1,
    cells: [{ id: 'beta@1.40.0', evidenceDir: 'cells/beta@1.40.0' }],
  });
  expect(report.cells[0]).not.toHaveProperty('evidence');
  expect(await read('cells', 'beta@1.40.0', 'config_dump.json')).not.toContain('hush');
});

test('a later run leaves nothing of an earlier one, and other people’s files alone', async () => {
  await writeFile(path.join(dir, 'mine.txt'), 'mine');
  await writeReport(dir, matrix([failedCell('beta', '1.40.0', [finding()])]));
  await writeReport(dir, matrix([cell('beta', '1.40.0')]));
  expect((await readdir(dir)).sort()).toEqual(['cells', 'junit.xml', 'mine.txt', 'report.json', 'summary.md']);
  expect(await readdir(path.join(dir, 'cells'))).toEqual([]);
});

test('a directory that cannot be had is an error, not a silent run', async () => {
  await writeFile(path.join(dir, 'file'), '');
  await expect(writeReport(path.join(dir, 'file'), matrix([]))).rejects.toThrow(/EEXIST|ENOTDIR/);
});

test('a cell cannot be named out of the report', async () => {
  await writeReport(dir, matrix([{ ...failedCell('beta', '1.40.0', []), id: '../../etc@1.40.0' }]));
  expect(await readdir(path.join(dir, 'cells'))).toEqual(['__.._etc@1.40.0']);
});
