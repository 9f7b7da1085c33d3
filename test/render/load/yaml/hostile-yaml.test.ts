import { describe, expect, test } from 'vitest';
import { readYamlInSteps } from '../../../../render/load/yaml/read-placed-yaml.ts';
import { sourceFile } from '../../../../render/source-location.ts';
import { expectRefused, fullOf, HOSTILE, SLOWEST_MS } from './hostile-texts.ts';

// More of them: `npm run test:long`.
describe('a hostile file of 8 MiB is refused in a short time and bounded memory', () => {
  test.each(HOSTILE)('%s', (_, text, rule) => expectRefused(text(), rule), SLOWEST_MS);

  test('the signal is looked at while a file is read', async () => {
    const text = fullOf('- |\n x\n');
    const abort = new AbortController();
    const reason = new Error('stopped');
    const reading = readYamlInSteps(sourceFile('a.yaml', text), text, abort.signal);
    abort.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });
});
