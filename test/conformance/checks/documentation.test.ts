import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkJsonSchema } from '../../../conformance/checks/declared/check-schema.ts';
import { parseChecks } from '../../../conformance/checks/declared/parse-checks.ts';
import { leastRequests } from '../../../conformance/checks/judge/share-tolerance.ts';
import { CHECK_RULES } from '../../../conformance/checks/rules.ts';
import { readScriptHeader } from '../../../conformance/checks/script/script-header.ts';
import { readPlacedYaml } from '../../../render/load/yaml/read-placed-yaml.ts';

const read = (path: string): string => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8');
const guide = read('docs/checks.md');
const blocks = (language: string): string[] =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, text = '']) => text);

describe('docs/checks.md', () => {
  test.each(blocks('yaml').map((text) => [text]))('this example is a check:\n%s', (text) => {
    const { documents, findings } = readPlacedYaml('docs/checks.md', text);
    expect(findings).toEqual([]);
    const parsed = parseChecks('docs/checks.md', documents);
    expect(parsed.findings).toEqual([]);
    expect(parsed.checks.length).toBeGreaterThan(0);
  });
  test('the example of a script has a header that is read', () => {
    const [script = ''] = blocks('sh');
    expect(readScriptHeader('x', script, ['canary', 'release'])).toEqual({
      header: { stages: ['canary', 'release'], envoy: '>=1.38 <2', timeoutMs: 10_000 },
      findings: [],
    });
  });
  test('the table of least requests is what is computed', () => {
    const rows = [...guide.matchAll(/^\| (\d+) \/ (\d+) \| (\d+) \|$/gm)];
    expect(rows.length).toBeGreaterThanOrEqual(5);
    for (const [, a, b, least] of rows) expect(leastRequests({ a: Number(a), b: Number(b) })).toBe(Number(least));
  });
});

test('every rule of checks is explained, and no other', () => {
  const explained = [...read('docs/errors/checks.md').matchAll(/^### `(.+)`$/gm)].map(([, code]) => code);
  expect(explained).toEqual(CHECK_RULES.map(({ code }) => code));
});

test('the published JSON Schema is current (npm run schema writes it)', () => {
  expect(JSON.parse(read('docs/schema/check.schema.json'))).toEqual(checkJsonSchema());
});
