import { isObject, objectsIn, textIn } from '../model.ts';
import { IN_ACTIONS, IN_INPUT, IN_SECTION, image } from './elements.ts';
import { plain, words } from './objects.ts';
import {
  also,
  anything,
  byType,
  choice,
  complaint,
  flag,
  list,
  pattern,
  type Rule,
  repeated,
  shape,
  text,
  whole,
} from './rules.ts';

// Limits: docs.slack.dev, reference, "Blocks".
const blockId = text(255, 0);

const section = also(
  shape({
    'type!': choice('section'),
    block_id: blockId,
    text: words(3000),
    fields: list(words(2000), 1, 10),
    accessory: byType(IN_SECTION),
    expand: flag,
  }),
  (value, at) =>
    value.text === undefined && value.fields === undefined
      ? [complaint('must define either `text` or `fields`', at)]
      : [],
);

const actions = also(
  shape({ 'type!': choice('actions'), block_id: blockId, 'elements!': list(byType(IN_ACTIONS), 1, 25) }),
  ({ elements }, at) =>
    repeated(
      objectsIn(elements).map((each, index) => ({
        value: textIn(each.action_id),
        at: `${at}/elements/${index}/action_id`,
      })),
      'action_id',
    ),
);

const context: Rule = shape({
  'type!': choice('context'),
  block_id: blockId,
  'elements!': list((value, at) => (isObject(value) && value.type === 'image' ? image : words(2000))(value, at), 1, 10),
});

const imageBlock = also(
  shape({
    'type!': choice('image'),
    block_id: blockId,
    image_url: pattern(/^https?:/i, 3000),
    slack_file: anything,
    'alt_text!': text(2000),
    title: plain(2000),
  }),
  (value, at) =>
    value.image_url === undefined && value.slack_file === undefined
      ? [complaint('must define either `image_url` or `slack_file`', at)]
      : [],
);

const input: Rule = shape({
  'type!': choice('input'),
  block_id: blockId,
  'label!': plain(2000),
  'element!': byType(IN_INPUT),
  hint: plain(2000),
  optional: flag,
  dispatch_action: flag,
});

const style = shape({ bold: flag, italic: flag, strike: flag, code: flag, underline: flag });
const richPiece: Rule = byType({
  text: shape({ 'type!': choice('text'), 'text!': text(12_000), style }),
  link: shape({ 'type!': choice('link'), 'url!': text(3000), text: text(12_000), unsafe: flag, style }),
  emoji: shape({ 'type!': choice('emoji'), 'name!': text(255), unicode: text(255) }),
  user: shape({ 'type!': choice('user'), 'user_id!': text(255), style }),
  usergroup: shape({ 'type!': choice('usergroup'), 'usergroup_id!': text(255), style }),
  channel: shape({ 'type!': choice('channel'), 'channel_id!': text(255), style }),
  broadcast: shape({ 'type!': choice('broadcast'), 'range!': choice('here', 'channel', 'everyone'), style }),
  date: shape({
    'type!': choice('date'),
    'timestamp!': whole(0, 9_999_999_999),
    'format!': text(255),
    url: text(3000),
    fallback: text(255),
  }),
});
const pieces = list(richPiece, 0, 1000);
const richSection = shape({ 'type!': choice('rich_text_section'), 'elements!': pieces });
const richText: Rule = shape({
  'type!': choice('rich_text'),
  block_id: blockId,
  'elements!': list(
    byType({
      rich_text_section: richSection,
      rich_text_preformatted: shape({
        'type!': choice('rich_text_preformatted'),
        'elements!': pieces,
        border: whole(0, 1),
      }),
      rich_text_quote: shape({ 'type!': choice('rich_text_quote'), 'elements!': pieces, border: whole(0, 1) }),
      rich_text_list: shape({
        'type!': choice('rich_text_list'),
        'style!': choice('bullet', 'ordered'),
        'elements!': list(byType({ rich_text_section: richSection }), 1, 1000),
        indent: whole(0, 8),
        offset: whole(0, 1000),
        border: whole(0, 1),
      }),
    }),
    1,
    1000,
  ),
});

/** Every block that this workspace knows. Slack knows more; whoever wants one adds it here. */
export const BLOCKS: Readonly<Record<string, Rule>> = {
  section,
  actions,
  context,
  input,
  image: imageBlock,
  rich_text: richText,
  divider: shape({ 'type!': choice('divider'), block_id: blockId }),
  header: shape({ 'type!': choice('header'), block_id: blockId, 'text!': plain(150) }),
  markdown: shape({ 'type!': choice('markdown'), block_id: blockId, 'text!': text(12_000) }),
};
