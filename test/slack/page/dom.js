/** Makes an element. Strings become text nodes: nothing here ever reads markup. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'value') node.value = value;
    else if (name === 'checked') node.checked = true;
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

const EMOJI = {
  white_check_mark: '✅',
  heavy_check_mark: '✔️',
  x: '❌',
  no_entry: '⛔',
  no_entry_sign: '🚫',
  warning: '⚠️',
  rocket: '🚀',
  hourglass: '⌛',
  hourglass_flowing_sand: '⏳',
  lock: '🔒',
  unlock: '🔓',
  snowflake: '❄️',
  rotating_light: '🚨',
  mag: '🔍',
  eyes: '👀',
  tada: '🎉',
  thumbsup: '👍',
  '+1': '👍',
  wave: '👋',
  octagonal_sign: '🛑',
  rewind: '⏪',
  leftwards_arrow_with_hook: '↩️',
  memo: '📝',
  bell: '🔔',
  stopwatch: '⏱️',
  large_green_circle: '🟢',
  large_yellow_circle: '🟡',
  red_circle: '🔴',
  white_circle: '⚪',
  large_blue_circle: '🔵',
  black_circle: '⚫',
  fire: '🔥',
  arrow_right: '➡️',
  package: '📦',
  question: '❓',
  zzz: '💤',
  double_vertical_bar: '⏸️',
  arrow_forward: '▶️',
  broken_heart: '💔',
  construction: '🚧',
  wrench: '🔧',
  small_blue_diamond: '🔹',
};
export const emoji = (name) => EMOJI[name] ?? `:${name}:`;
/** Plain text, in which Slack still shows emoji codes. */
export const plainWords = (text) =>
  String(text ?? '').replaceAll(/:([a-z0-9_+-]+):/g, (whole, name) => EMOJI[name] ?? whole);

const isWeb = (url) => /^(https?|mailto):/i.test(url);
const MARKS = { bold: 'strong', italic: 'em', strike: 's', quote: 'blockquote' };

/** Parsed mrkdwn, as nodes of the document. */
export function inline(nodes) {
  return (nodes ?? []).map((node) => {
    switch (node.kind) {
      case 'text':
        return node.text;
      case 'bold':
      case 'italic':
      case 'strike':
      case 'quote':
        return el(MARKS[node.kind], {}, inline(node.children));
      case 'code':
        return el('code', {}, node.text);
      case 'preformatted':
        return el('pre', {}, node.text);
      case 'mention':
        return el('span', { class: node.me ? 'mention me' : 'mention' }, node.text);
      case 'emoji':
        return el('span', { role: 'img', 'aria-label': node.name.replaceAll('_', ' ') }, emoji(node.name));
      case 'date':
        return el('time', { title: node.fallback }, dateWords(node));
      case 'link':
        return isWeb(node.url)
          ? el('a', { href: node.url, rel: 'noreferrer noopener', target: '_blank' }, node.text)
          : node.text;
      default:
        return '';
    }
  });
}

const DATE_FORMS = {
  date_num: { dateStyle: 'short' },
  date: { dateStyle: 'long' },
  date_short: { dateStyle: 'medium' },
  date_long: { dateStyle: 'full' },
  date_pretty: { dateStyle: 'long' },
  date_short_pretty: { dateStyle: 'medium' },
  date_long_pretty: { dateStyle: 'full' },
  time: { timeStyle: 'short' },
  time_secs: { timeStyle: 'medium' },
};
const dateWords = ({ epochSeconds, format }) =>
  format.replaceAll(/\{([a-z_]+)\}/g, (whole, name) =>
    DATE_FORMS[name] ? new Intl.DateTimeFormat(undefined, DATE_FORMS[name]).format(epochSeconds * 1000) : whole,
  );

/** A text object: mrkdwn that the server has parsed, or plain text. */
export const words = (object) => (object?.nodes ? inline(object.nodes) : [plainWords(object?.text)]);
