import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { MAX_FILE_BYTES } from '../../../../render/load/limits.ts';
import { readYamlInSteps } from '../../../../render/load/yaml/read-placed-yaml.ts';
import { sourceFile } from '../../../../render/source-location.ts';

// As large as a file may be, and nothing but trouble. Without bounds the first ones take minutes and many gigabytes.
const of = (unit: string, before = ''): string => before + unit.repeat(Math.floor(MAX_FILE_BYTES / unit.length) - 1);
const HOSTILE: readonly (readonly [name: string, text: string, rule: string])[] = [
  ['commas', of(',', '['), 'too-many-nodes'],
  ['closing brackets', of('}'), 'too-many-faults'],
  ['collections side by side', of('[]'), 'too-many-faults'],
  ['directives', of('%FOO bar\n'), 'too-many-faults'],
  ['duplicate keys', of('? a\n'), 'too-many-nodes'],
  ['unknown tags', of(`- !x ${'y'.repeat(40)}\n`), 'too-many-faults'],
  ['unknown anchors', of(`- *${'a'.repeat(40)}\n`), 'too-many-faults'],
  ['lists as keys', of('[]: 1\n'), 'too-many-nodes'],
  ['block texts', of('- |\n x\n'), 'too-many-nodes'],
  ['open quotes', of('"\\q" '), 'too-many-nodes'],
];
const HEAP_MEBIBYTES = 1024;
// an idle machine takes 3 s for the slowest
const SLOWEST_MS = 60_000;

describe('a hostile file of 8 MiB is refused in a short time and bounded memory', () => {
  test.each(HOSTILE)(
    '%s',
    async (_, text, rule) => {
      const worker = new Worker(new URL('./hostile-reader.ts', import.meta.url), {
        workerData: { text },
        resourceLimits: { maxOldGenerationSizeMb: HEAP_MEBIBYTES },
      });
      const [read] = await once(worker, 'message');
      expect(read.rules).toContain(rule);
      expect(read.rules.length).toBeLessThanOrEqual(101);
      await worker.terminate();
    },
    SLOWEST_MS,
  );

  test('the signal is looked at while a file is read', async () => {
    const text = of('- |\n x\n');
    const abort = new AbortController();
    const reason = new Error('stopped');
    const reading = readYamlInSteps(sourceFile('a.yaml', text), text, abort.signal);
    abort.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });
});
