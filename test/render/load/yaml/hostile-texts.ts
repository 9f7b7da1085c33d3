import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'vitest';
import { MAX_FILE_BYTES } from '../../../../render/load/limits.ts';

export type HostileText = readonly [name: string, text: () => string, rule: string];

/** As large as a file may be, and nothing but trouble. */
export const fullOf = (unit: string, before = ''): string =>
  before + unit.repeat(Math.floor(MAX_FILE_BYTES / unit.length) - 1);

/** One for each way in which reading ends. Without bounds the first ones take minutes and many gigabytes. */
export const HOSTILE: readonly HostileText[] = [
  ['commas', () => fullOf(',', '['), 'too-many-nodes'],
  ['closing brackets', () => fullOf('}'), 'too-many-faults'],
  ['collections side by side', () => fullOf('[]'), 'too-many-faults'],
  ['directives', () => fullOf('%FOO bar\n'), 'too-many-faults'],
  ['open quotes', () => fullOf('"\\q" '), 'too-many-nodes'],
];

/** More of the same, several seconds of CPU each. */
export const MORE_HOSTILE: readonly HostileText[] = [
  ['duplicate keys', () => fullOf('? a\n'), 'too-many-nodes'],
  ['unknown tags', () => fullOf(`- !x ${'y'.repeat(40)}\n`), 'too-many-faults'],
  ['unknown anchors', () => fullOf(`- *${'a'.repeat(40)}\n`), 'too-many-faults'],
  ['lists as keys', () => fullOf('[]: 1\n'), 'too-many-nodes'],
  ['block texts', () => fullOf('- |\n x\n'), 'too-many-nodes'],
];

const HEAP_MEBIBYTES = 1024;
/** An idle machine takes 3 s for the slowest. */
export const SLOWEST_MS = 60_000;

/** Reads the text with a bounded heap; it must end by that rule. */
export async function expectRefused(text: string, rule: string): Promise<void> {
  const worker = new Worker(new URL('./hostile-reader.ts', import.meta.url), {
    workerData: { text },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEBIBYTES },
  });
  const [read] = await once(worker, 'message');
  expect(read.rules).toContain(rule);
  expect(read.rules.length).toBeLessThanOrEqual(101);
  await worker.terminate();
}
