import { el, emoji, inline, plainWords, words } from './dom.js';

/** Blocks as elements. `act(actionId, value, confirm)` is called when somebody presses or chooses something. */
export const blocksOn = (blocks, act, errors = {}) =>
  blocks.map((block) => (BLOCK[block.type] ?? unknown)(block, act, errors));

const unknown = (block) => el('p', { class: 'muted' }, `(${block.type} block)`);

const BLOCK = {
  divider: () => el('hr'),
  header: (block) => el('h3', { class: 'block-header' }, plainWords(block.text.text)),
  context: (block) =>
    el(
      'div',
      { class: 'context' },
      block.elements.map((each) => el('span', {}, each.type === 'image' ? `[${each.alt_text}]` : words(each))),
    ),
  section: (block, act) =>
    el(
      'div',
      { class: 'section' },
      el(
        'div',
        { class: 'section-body' },
        block.text && el('div', { class: 'text' }, words(block.text)),
        block.fields &&
          el(
            'div',
            { class: 'fields' },
            block.fields.map((field) => el('div', { class: 'text' }, words(field))),
          ),
      ),
      block.accessory && element(block.accessory, act),
    ),
  actions: (block, act) =>
    el(
      'div',
      { class: 'actions' },
      block.elements.map((each) => element(each, act)),
    ),
  image: (block) => el('p', { class: 'muted' }, `[image: ${block.alt_text}]`),
  markdown: (block) => el('div', { class: 'text' }, block.text),
  rich_text: (block) => el('div', { class: 'text' }, block.elements.map(rich)),
  input: (block, _act, errors) => {
    const id = `in-${block.block_id}`;
    const error = errors[block.block_id];
    const group = block.element.type === 'radio_buttons' || block.element.type === 'checkboxes';
    return el(
      'div',
      { class: error ? 'input bad' : 'input' },
      el(
        group ? 'p' : 'label',
        group ? { id: `${id}-label`, class: 'label' } : { for: id, class: 'label' },
        plainWords(block.label.text),
        block.optional && el('span', { class: 'muted' }, ' (optional)'),
      ),
      control(block.element, id, error ? `${id}-error` : undefined, block),
      block.hint && el('p', { class: 'muted' }, plainWords(block.hint.text)),
      error && el('p', { class: 'error', id: `${id}-error`, role: 'alert' }, `Error: ${error}`),
    );
  },
};

function rich(part) {
  switch (part.type) {
    case 'rich_text_list':
      return el(
        part.style === 'ordered' ? 'ol' : 'ul',
        { class: 'rich-list' },
        part.elements.map((each) => el('li', {}, each.elements.map(piece))),
      );
    case 'rich_text_preformatted':
      return el('pre', {}, part.elements.map(piece));
    case 'rich_text_quote':
      return el('blockquote', {}, part.elements.map(piece));
    default:
      return el('div', {}, part.elements.map(piece));
  }
}
function piece(node) {
  if (node.kind) return inline([node]);
  const { style = {} } = node;
  let content =
    node.type === 'link'
      ? inline([{ kind: 'link', url: node.url, text: node.text ?? node.url }])[0]
      : node.type === 'emoji'
        ? emoji(node.name)
        : (node.text ?? node.fallback ?? '');
  for (const [name, tag] of [
    ['code', 'code'],
    ['bold', 'strong'],
    ['italic', 'em'],
    ['strike', 's'],
  ])
    if (style[name]) content = el(tag, {}, content);
  return content;
}

/** Something to press or choose from, which acts at once. */
function element(each, act) {
  const confirm = each.confirm;
  if (each.type === 'button') {
    const label = plainWords(each.text.text);
    if (each.url)
      return el(
        'a',
        {
          class: 'button',
          href: /^https?:/i.test(each.url) ? each.url : undefined,
          rel: 'noreferrer noopener',
          target: '_blank',
        },
        label,
      );
    return el(
      'button',
      {
        type: 'button',
        class: each.style ?? '',
        'data-action': each.action_id,
        'aria-label': each.accessibility_label,
        onclick: () => act(each.action_id, undefined, confirm),
      },
      label,
    );
  }
  if (each.type === 'image') return el('span', { class: 'muted' }, `[${each.alt_text}]`);
  const input = control(each, `el-${each.action_id}`);
  input.setAttribute('aria-label', plainWords(each.placeholder?.text ?? each.action_id));
  input.addEventListener('change', () => act(each.action_id, valueIn(input), confirm));
  return input;
}

const optionsOf = (each) => [...(each.options ?? []), ...(each.option_groups ?? []).flatMap((group) => group.options)];
const INPUT_TYPES = {
  number_input: 'number',
  email_text_input: 'email',
  url_text_input: 'url',
  datepicker: 'date',
  timepicker: 'time',
};

/** A form control that knows its action id. */
function control(each, id, describedBy, block = {}) {
  const props = {
    id,
    name: each.action_id,
    'data-input': each.action_id,
    'aria-describedby': describedBy,
    'aria-invalid': describedBy ? 'true' : undefined,
    'aria-required': block.block_id && !block.optional ? 'true' : undefined,
  };
  const initial = (each.initial_options ?? (each.initial_option ? [each.initial_option] : [])).map(
    ({ value }) => value,
  );
  switch (each.type) {
    case 'radio_buttons':
    case 'checkboxes':
      return el(
        'div',
        {
          ...props,
          name: undefined,
          role: each.type === 'checkboxes' ? 'group' : 'radiogroup',
          'aria-labelledby': `${id}-label`,
          class: 'ticks',
        },
        each.options.map((option) =>
          el(
            'label',
            { class: 'tick' },
            el('input', {
              type: each.type === 'checkboxes' ? 'checkbox' : 'radio',
              name: id,
              value: option.value,
              checked: initial.includes(option.value),
            }),
            el(
              'span',
              {},
              words(option.text),
              option.description && el('small', { class: 'muted' }, ` ${plainWords(option.description.text)}`),
            ),
          ),
        ),
      );
    case 'static_select':
    case 'overflow':
    case 'multi_static_select': {
      const many = each.type === 'multi_static_select';
      return el(
        'select',
        { ...props, multiple: many },
        !many &&
          el(
            'option',
            { value: '' },
            plainWords(each.placeholder?.text ?? (each.type === 'overflow' ? 'More…' : 'Choose…')),
          ),
        optionsOf(each).map((option) =>
          el('option', { value: option.value, selected: initial.includes(option.value) }, words(option.text)),
        ),
      );
    }
    case 'plain_text_input':
      return el(each.multiline ? 'textarea' : 'input', {
        ...props,
        type: each.multiline ? undefined : 'text',
        rows: each.multiline ? 4 : undefined,
        placeholder: each.placeholder ? plainWords(each.placeholder.text) : undefined,
        value: each.initial_value ?? '',
        autofocus: each.focus_on_load,
      });
    default:
      return el('input', {
        ...props,
        type: INPUT_TYPES[each.type] ?? 'text',
        value: each.initial_value ?? each.initial_date ?? each.initial_time ?? each.initial_user ?? '',
        step: each.is_decimal_allowed ? 'any' : undefined,
      });
  }
}

/** The value, or values, of a control. */
function valueIn(input) {
  if (input.matches('[role=group]')) return [...input.querySelectorAll('input:checked')].map(({ value }) => value);
  if (input.matches('[role=radiogroup]')) return input.querySelector('input:checked')?.value;
  if (input.multiple) return [...input.selectedOptions].map(({ value }) => value);
  return input.value === '' ? undefined : input.value;
}

/** Everything filled in below `root`, by action id. */
export const filledIn = (root) =>
  Object.fromEntries(
    [...root.querySelectorAll('[data-input]')]
      .map((input) => [input.dataset.input, valueIn(input)])
      .filter(([, value]) => value !== undefined),
  );
