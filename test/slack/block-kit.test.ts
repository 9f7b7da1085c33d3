import { describe, expect, test } from 'vitest';
import { isTooMuchText, problemsOfBlocks, problemsOfView } from './block-kit/validate.ts';
import type { JsonObject } from './model.ts';

const plain = (length: number) => ({ type: 'plain_text', text: 'x'.repeat(length) });
const mrkdwn = (length: number) => ({ type: 'mrkdwn', text: 'x'.repeat(length) });
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const divider = { type: 'divider' };
const confirm = (title: number, text: number, yes: number, no: number) => ({
  title: plain(title),
  text: mrkdwn(text),
  confirm: plain(yes),
  deny: plain(no),
});
const button = (more: JsonObject = {}) => ({ type: 'button', text: plain(4), action_id: 'go', ...more });
const actions = (...elements: JsonObject[]) => ({ type: 'actions', elements });
const option = (value: string, label = 4) => ({ text: plain(label), value });
const select = (more: JsonObject) => ({ type: 'static_select', action_id: 's', placeholder: plain(5), ...more });
const input = (element: JsonObject) => ({ type: 'input', label: plain(5), element });
const bullet = { type: 'rich_text_section', elements: [{ type: 'text', text: 'a', style: { bold: true } }] };

/** Exactly at the limit: nothing to complain of. */
test.each<[string, JsonObject[]]>([
  ['50 blocks', many(50, () => divider)],
  ['section text', [{ type: 'section', text: mrkdwn(3000) }]],
  ['10 fields of 2000', [{ type: 'section', fields: many(10, () => mrkdwn(2000)) }]],
  ['header', [{ type: 'header', text: plain(150) }]],
  ['context of 10', [{ type: 'context', elements: many(10, () => mrkdwn(10)) }]],
  ['25 buttons', [actions(...many(25, (index) => button({ action_id: `a${index}` })))]],
  [
    'button',
    [actions(button({ text: plain(75), value: 'v'.repeat(2000), action_id: 'a'.repeat(255), style: 'danger' }))],
  ],
  ['confirm', [actions(button({ confirm: confirm(100, 300, 30, 30) }))]],
  ['100 options', [actions(select({ options: many(100, (index) => option(`v${index}`, 75)) }))]],
  ['groups', [actions(select({ option_groups: [{ label: plain(75), options: [option('a')] }] }))]],
  ['overflow', [actions({ type: 'overflow', action_id: 'o', options: many(5, (index) => option(`v${index}`)) })]],
  ['input', [input({ type: 'plain_text_input', action_id: 'i', multiline: true, max_length: 3000 })]],
  ['rich text', [{ type: 'rich_text', elements: [{ type: 'rich_text_list', style: 'bullet', elements: [bullet] }] }]],
  [
    'ids',
    [
      { ...divider, block_id: 'b'.repeat(255) },
      { ...divider, block_id: 'c' },
    ],
  ],
])('%s: fine', (_name, blocks) => {
  expect(problemsOfBlocks(blocks, 'message')).toEqual([]);
});

/** One past it, or otherwise wrong: the words and the place. */
test.each<[JsonObject[], string]>([
  [many(51, () => divider), 'no more than 50 items allowed [json-pointer:/blocks]'],
  [[{ type: 'section', text: mrkdwn(3001) }], 'must be less than 3001 characters [json-pointer:/blocks/0/text/text]'],
  [[{ type: 'section', text: mrkdwn(0) }], 'must be more than 0 characters [json-pointer:/blocks/0/text/text]'],
  [[{ type: 'section' }], 'must define either `text` or `fields` [json-pointer:/blocks/0]'],
  [
    [{ type: 'section', fields: many(11, () => mrkdwn(1)) }],
    'no more than 10 items allowed [json-pointer:/blocks/0/fields]',
  ],
  [
    [{ type: 'section', fields: [mrkdwn(2001)] }],
    'must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]',
  ],
  [
    [divider, { type: 'header', text: plain(151) }],
    'must be less than 151 characters [json-pointer:/blocks/1/text/text]',
  ],
  [[{ type: 'header', text: mrkdwn(5) }], 'unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]'],
  [
    [{ type: 'context', elements: many(11, () => mrkdwn(1)) }],
    'no more than 10 items allowed [json-pointer:/blocks/0/elements]',
  ],
  [[actions()], 'no fewer than 1 items allowed [json-pointer:/blocks/0/elements]'],
  [
    [actions(...many(26, (index) => button({ action_id: `a${index}` })))],
    'no more than 25 items allowed [json-pointer:/blocks/0/elements]',
  ],
  [[actions(button(), button())], '`action_id` "go" already exists [json-pointer:/blocks/0/elements/1/action_id]'],
  [
    [actions(button({ text: plain(76) }))],
    'must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]',
  ],
  [[actions(button({ text: mrkdwn(4) }))], 'unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/text/type]'],
  [
    [actions(button({ value: 'v'.repeat(2001) }))],
    'must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]',
  ],
  [
    [actions(button({ action_id: 'a'.repeat(256) }))],
    'must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]',
  ],
  [[actions(button({ style: 'green' }))], 'must be a valid enum value [json-pointer:/blocks/0/elements/0/style]'],
  [[actions(button({ disabled: true }))], 'invalid additional property: disabled [json-pointer:/blocks/0/elements/0]'],
  [
    [actions(button({ confirm: confirm(101, 1, 1, 1) }))],
    'must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]',
  ],
  [
    [actions(button({ confirm: confirm(1, 301, 1, 1) }))],
    'must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]',
  ],
  [
    [actions(button({ confirm: confirm(1, 1, 31, 1) }))],
    'must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/confirm/text]',
  ],
  [
    [actions(select({ options: many(101, (index) => option(`v${index}`)) }))],
    'no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]',
  ],
  [[actions(select({}))], 'must define either `options` or `option_groups` [json-pointer:/blocks/0/elements/0]'],
  [
    [actions(select({ options: [option('a')], initial_option: option('b') }))],
    'initial option was not found in options [json-pointer:/blocks/0/elements/0]',
  ],
  [
    [actions({ type: 'plain_text_input', action_id: 'i' })],
    'unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]',
  ],
  [[input(button())], 'unsupported type: button [json-pointer:/blocks/0/element/type]'],
  [[{ type: 'sections', text: mrkdwn(1) }], 'unsupported type: sections [json-pointer:/blocks/0/type]'],
  [[{ text: mrkdwn(1) }], 'missing required field: type [json-pointer:/blocks/0]'],
  [
    [
      { ...divider, block_id: 'b' },
      { ...divider, block_id: 'b' },
    ],
    '`block_id` "b" already exists [json-pointer:/blocks/1/block_id]',
  ],
  [[{ type: 'toString' }], 'unsupported type: toString [json-pointer:/blocks/0/type]'],
])('refused: %j', (blocks, complaint) => {
  expect(problemsOfBlocks(blocks, 'message')).toEqual([complaint]);
});

test('all problems are said at once', () => {
  expect(problemsOfBlocks([{ type: 'header' }, { type: 'nothing' }], 'message')).toHaveLength(2);
});

describe('a view', () => {
  const modal = (more: JsonObject = {}) => ({ type: 'modal', title: plain(24), blocks: [divider], ...more });
  test.each<[string, JsonObject]>([
    ['modal', modal({ private_metadata: 'm'.repeat(3000), submit: plain(24), close: plain(24) })],
    ['100 blocks', modal({ blocks: many(100, () => divider) })],
    ['home', { type: 'home', blocks: many(100, () => divider) }],
  ])('%s: fine', (_name, view) => {
    expect(problemsOfView(view)).toEqual([]);
  });
  test.each<[JsonObject, string]>([
    [modal({ title: plain(25) }), 'must be less than 25 characters [json-pointer:/view/title/text]'],
    [
      modal({ private_metadata: 'm'.repeat(3001) }),
      'must be less than 3001 characters [json-pointer:/view/private_metadata]',
    ],
    [modal({ blocks: many(101, () => divider) }), 'no more than 100 items allowed [json-pointer:/view/blocks]'],
    [
      modal({ blocks: [input({ type: 'plain_text_input', action_id: 'i' })] }),
      'missing required field: submit [json-pointer:/view]',
    ],
    [{ type: 'home', title: plain(1), blocks: [] }, 'invalid additional property: title [json-pointer:/view]'],
  ])('refused: %j', (view, complaint) => {
    expect(problemsOfView(view)).toEqual([complaint]);
  });
});

test('a message may hold 12,000 characters of text in its blocks, not more', () => {
  const blocks = many(4, () => ({ type: 'section', text: mrkdwn(3000) }));
  expect(isTooMuchText(blocks)).toBe(false);
  expect(isTooMuchText([...blocks, { type: 'section', text: mrkdwn(1) }])).toBe(true);
});
