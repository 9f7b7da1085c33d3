import { expect, test } from 'vitest';
import { missingFrom, pageSteps } from './page-steps.ts';

test('files and commands of a page, in order and with their lines; other fences are only read', () => {
  const page =
    '# P\n\n```yaml [a/b.yaml]\nx: 1\n```\n```yaml\ny: 2\n```\n\n```console\n$ one\n1\n…\n$ two\n```\n```sh\nthree\n```\n';
  expect(pageSteps(page)).toEqual([
    { kind: 'file', line: 4, path: 'a/b.yaml', text: 'x: 1\n' },
    {
      kind: 'commands',
      line: 11,
      commands: [
        { line: 11, command: 'one', prints: ['1', '…'] },
        { line: 14, command: 'two', prints: [] },
      ],
    },
  ]);
});

test.each([
  ['a\nb\n', ['a', 'b'], undefined],
  ['a\nx\nb\n', ['a', 'b'], 'b'],
  ['a\nx\nb\n', ['a', '…', 'b'], undefined],
  ['took 3 s (fast)', ['took … s (fast)'], undefined],
  ['took 3 s (slow)', ['took … s (fast)'], 'took … s (fast)'],
  ['b\na\n', ['…', 'a', 'b'], 'b'],
])('%j against %j lacks %j', (output, prints, missing) => {
  expect(missingFrom(output, prints)).toBe(missing);
});
