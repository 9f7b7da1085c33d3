import type { PipelineReader } from '../store/pipeline-store.ts';
import { canonicalJson } from './canonical-json.ts';

const PAGE = 500;

/** Every row of the audit log from `fromSeq` on, in order, one line of canonical JSON each, without line ends. */
export async function* exportAudit(read: PipelineReader, fromSeq = 1): AsyncGenerator<string> {
  for (let next = fromSeq; ; ) {
    const rows = await read.audit(next, PAGE);
    for (const row of rows) yield canonicalJson(row);
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    next = last.seq + 1;
  }
}
