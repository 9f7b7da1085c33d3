import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type MrkdwnNode, mentionsIn, parseMrkdwn } from './mrkdwn.ts';

const text = (words: string): MrkdwnNode => ({ kind: 'text', text: words });

test.each<[string, MrkdwnNode[]]>([
  [
    '*b* _i_ ~s~ `c`',
    [
      { kind: 'bold', children: [text('b')] },
      text(' '),
      { kind: 'italic', children: [text('i')] },
      text(' '),
      { kind: 'strike', children: [text('s')] },
      text(' '),
      { kind: 'code', text: 'c' },
    ],
  ],
  ['snake_case_name 2*3*4', [text('snake_case_name 2*3*4')]],
  ['<@U0ADA>', [{ kind: 'user', id: 'U0ADA', source: '<@U0ADA>' }]],
  ['<!subteam^S0RELEASE|@x>', [{ kind: 'usergroup', id: 'S0RELEASE', source: '<!subteam^S0RELEASE|@x>' }]],
  ['<!channel>', [{ kind: 'broadcast', range: 'channel', source: '<!channel>' }]],
  [
    '<https://a.example/?a=1&amp;b=2|the &lt;link&gt;>',
    [{ kind: 'link', url: 'https://a.example/?a=1&b=2', text: 'the <link>' }],
  ],
  ['<javascript:alert(1)|x>', [text('<javascript:alert(1)|x>')]],
  ['&lt;@U0ADA&gt; &amp;lt;', [text('<@U0ADA> &lt;')]],
  ['`<@U0ADA>`', [{ kind: 'code', text: '<@U0ADA>' }]],
  ['```\n*a*\n```', [{ kind: 'preformatted', text: '*a*' }]],
  ['&gt; said\nthen', [{ kind: 'quote', children: [text('said')] }, text('then')]],
  [':rocket: 10:30:15', [{ kind: 'emoji', name: 'rocket' }, text(' 10:30:15')]],
  [
    '<!date^1700000000^{date_short}|then>',
    [{ kind: 'date', epochSeconds: 1_700_000_000, format: '{date_short}', fallback: 'then' }],
  ],
])('%s', (source, nodes) => {
  expect(parseMrkdwn(source)).toEqual(nodes);
});

test('escaped text mentions nobody, whatever it says', () => {
  const escaped = (words: string): string =>
    words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const parts = fc.constantFrom(
    '<',
    '>',
    '@',
    '!',
    'U0ADA',
    '<@U0ADA>',
    '<!channel>',
    '<!subteam^S0RELEASE>',
    '&lt;',
    '*',
    '_',
    '`',
    '\n',
    ' ',
    '|',
    '^',
  );
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 12 }), (pieces) => {
      expect(mentionsIn(parseMrkdwn(escaped(pieces.join(''))))).toEqual([]);
    }),
    { numRuns: 500, seed: 45 },
  );
});
test('unescaped, the same is a mention even inside marks', () => {
  expect(mentionsIn(parseMrkdwn('*see <!here>* and _<@U0ADA>_')).map(({ source }) => source)).toEqual([
    '<!here>',
    '<@U0ADA>',
  ]);
});
