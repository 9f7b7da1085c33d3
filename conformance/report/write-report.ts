import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { junitXml } from './junit.ts';
import type { CellEvidence, MatrixResult } from './matrix-result.ts';
import { redact, redactText } from './redact.ts';
import { evidenceDirOf, keepsEvidence, reportJson } from './report-json.ts';
import { summaryMarkdown } from './summary.ts';

/**
 * Writes `report.json`, `junit.xml`, `summary.md` and a folder in `cells/` for each cell that did not pass. `dir` is made where it is missing; other
 * files in it are left alone, and `cells/` of an earlier run goes. Each file appears whole or not at all, and `report.json` last: who finds it, finds
 * the rest. Rejects with the file system's error (no space, no permission), leaving no half-written file behind.
 */
export async function writeReport(dir: string, result: MatrixResult): Promise<void> {
  await mkdir(dir, { recursive: true });
  const staging = path.join(dir, `.report-${randomUUID()}`);
  try {
    await mkdir(path.join(staging, 'cells'), { recursive: true });
    for (const cell of result.cells)
      if (cell.evidence && keepsEvidence(cell))
        await writeEvidence(path.join(staging, evidenceDirOf(cell)), cell.evidence);
    const files = {
      'junit.xml': junitXml(result),
      'summary.md': summaryMarkdown(result),
      'report.json': reportJson(result),
    };
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(staging, name), text);
    await rm(path.join(dir, 'report.json'), { force: true });
    await rm(path.join(dir, 'cells'), { recursive: true, force: true });
    for (const name of ['cells', ...Object.keys(files)]) await rename(path.join(staging, name), path.join(dir, name));
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function writeEvidence(dir: string, { envoyLog, configDump, conversation }: CellEvidence): Promise<void> {
  await mkdir(dir, { recursive: true });
  await writeFile(path.join(dir, 'envoy.log'), redactText(envoyLog));
  if (configDump !== undefined)
    await writeFile(path.join(dir, 'config_dump.json'), `${JSON.stringify(redact(configDump), null, 2)}\n`);
  const lines = conversation.map((entry) => `${JSON.stringify(redact(entry))}\n`);
  await writeFile(path.join(dir, 'xds-conversation.jsonl'), lines.join(''));
}
