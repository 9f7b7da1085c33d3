import { expect, test } from 'vitest';
import { parseCommand } from '../../../pipeline/commands/parse-command.ts';
import { HELP, usageOf, WORDS } from '../../../pipeline/commands/words.ts';
import type { StageName } from '../../../render/ids.ts';

const known = { stages: ['beta', 'staging', 'canary', 'release'] as StageName[] };
const parse = (text: string) => parseCommand(text, known);

test.each(WORDS)('the example of %s is understood as that word', (word) => {
  const parsed = parse(HELP[word].example);
  expect(parsed.kind === 'command' ? parsed.command.kind : parsed.kind === 'query' ? parsed.query.kind : parsed).toBe(
    word,
  );
});

test.each([
  ['promote canary', { kind: 'promote', stage: 'canary', revision: undefined, reason: '' }],
  ['PROMOTE Canary abc123', { kind: 'promote', stage: 'canary', revision: 'abc123', reason: '' }],
  [
    'promote canary because  it is --time',
    { kind: 'promote', stage: 'canary', revision: undefined, reason: 'it is --time' },
  ],
  [
    'promote canary abc --reason "two words"',
    { kind: 'promote', stage: 'canary', revision: 'abc', reason: 'two words' },
  ],
  [
    'promote canary abc —reason=“two words”',
    { kind: 'promote', stage: 'canary', revision: 'abc', reason: 'two words' },
  ],
  ['freeze because of "the" sale', { kind: 'freeze', stage: undefined, reason: 'of the sale' }],
  ['freeze release sale', { kind: 'freeze', stage: 'release', reason: 'sale' }],
  ['rollback canary DEADBEEF because', { kind: 'rollback', stage: 'canary', digest: 'deadbeef', reason: '' }],
  [
    'break-glass canary-3 canary --gates soak,approvals because fire',
    { kind: 'break-glass', promotion: 'canary-3', typedStage: 'canary', gates: ['soak', 'approvals'], reason: 'fire' },
  ],
  ['stop "because"', { kind: 'stop', reason: 'because' }],
])('%s', (text, command) => {
  expect(parse(text)).toEqual({ kind: 'command', command });
});

test.each([
  ['promte canary', 'did you mean promote?'],
  ['explode', 'there are promote'],
  ['promote', `STAGE is missing; ${usageOf('promote')}`],
  ['approve', 'ID is missing'],
  ['status now', 'is too much'],
  ['retry canary-1 because', ''],
  ['promote canary --reson x', 'did you mean --reason?'],
  ['promote canary --gates soak', 'takes no --gates'],
  ['break-glass canary-3 canary --gates verdict', 'no gate that can be skipped'],
  ['promote canary --reason', '--reason needs a value'],
])('%s is told what is wrong', (text, problem) => {
  const parsed = parse(text);
  if (problem === '') expect(parsed).toMatchObject({ kind: 'command' });
  else expect(parsed).toMatchObject({ kind: 'usage', problem: expect.stringContaining(problem) as string });
});

test('nothing at all asks for help, and diff is plan', () => {
  expect(parse('  ')).toEqual({ kind: 'query', query: { kind: 'help', word: undefined } });
  expect(parse('diff canary')).toEqual({
    kind: 'query',
    query: { kind: 'plan', stage: 'canary', revision: undefined },
  });
});
