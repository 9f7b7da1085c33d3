import { chosenOption, confirmDialog, menuOptions, optionGroups, plain, startsAmong, tickOptions } from './objects.ts';
import { also, anything, choice, complaint, flag, list, pattern, type Rule, shape, text, whole } from './rules.ts';

// Limits: docs.slack.dev, reference, "Block elements".
const actionId = text(255);
const kind = (name: string): Rule => choice(name);
const placeholder = plain(150);
const dispatch: Rule = shape({
  trigger_actions_on: list(choice('on_enter_pressed', 'on_character_entered'), 1, 2),
});
const url = pattern(/^(https?|mailto|slack):/i, 3000);

const button = shape({
  'type!': kind('button'),
  'text!': plain(75),
  action_id: actionId,
  url,
  value: text(2000),
  style: choice('primary', 'danger'),
  confirm: confirmDialog,
  accessibility_label: text(75),
});

export const image: Rule = also(
  shape({ 'type!': kind('image'), image_url: url, slack_file: anything, 'alt_text!': text(2000) }),
  (value, at) =>
    value.image_url === undefined && value.slack_file === undefined
      ? [complaint('must define either `image_url` or `slack_file`', at)]
      : [],
);

type Members = Readonly<Record<string, Rule>>;
const common: Members = { action_id: actionId, confirm: confirmDialog, placeholder, focus_on_load: flag };
const optionsOnce = (rule: Rule): Rule =>
  also(rule, (value, at) =>
    (value.options === undefined) === (value.option_groups === undefined)
      ? [complaint('must define either `options` or `option_groups`', at)]
      : [],
  );
const staticSelect = (name: string, more: Members): Rule =>
  optionsOnce(
    startsAmong(
      shape({ 'type!': kind(name), ...common, options: menuOptions(1, 100), option_groups: optionGroups, ...more }),
    ),
  );
const ticks = (name: string, more: Members): Rule =>
  startsAmong(
    shape({
      'type!': kind(name),
      action_id: actionId,
      'options!': tickOptions,
      confirm: confirmDialog,
      focus_on_load: flag,
      ...more,
    }),
  );
const chooser = (name: string, more: Members): Rule => shape({ 'type!': kind(name), ...common, ...more });
const many = { max_selected_items: whole(1, 100) };
const ids = list(text(255), 0, 100);

const SELECTS: Members = {
  static_select: staticSelect('static_select', { initial_option: chosenOption }),
  multi_static_select: staticSelect('multi_static_select', { initial_options: list(chosenOption, 1, 100), ...many }),
  users_select: chooser('users_select', { initial_user: text(255) }),
  multi_users_select: chooser('multi_users_select', { initial_users: ids, ...many }),
  channels_select: chooser('channels_select', { initial_channel: text(255), response_url_enabled: flag }),
  conversations_select: chooser('conversations_select', {
    initial_conversation: text(255),
    default_to_current_conversation: flag,
    response_url_enabled: flag,
    filter: anything,
  }),
};
const PICKERS: Members = {
  checkboxes: ticks('checkboxes', { initial_options: list(chosenOption, 1, 10) }),
  radio_buttons: ticks('radio_buttons', { initial_option: chosenOption }),
  datepicker: chooser('datepicker', { initial_date: pattern(/^\d{4}-\d{2}-\d{2}$/, 10) }),
  timepicker: chooser('timepicker', { initial_time: pattern(/^([01]\d|2[0-3]):[0-5]\d$/, 5), timezone: text(255) }),
  datetimepicker: shape({
    'type!': kind('datetimepicker'),
    action_id: actionId,
    confirm: confirmDialog,
    focus_on_load: flag,
    initial_date_time: whole(1_000_000_000, 9_999_999_999),
  }),
};
const typed = (name: string, more: Members): Rule =>
  shape({
    'type!': kind(name),
    action_id: actionId,
    placeholder,
    initial_value: text(3000, 0),
    focus_on_load: flag,
    dispatch_action_config: dispatch,
    ...more,
  });
const INPUTS: Members = {
  plain_text_input: typed('plain_text_input', {
    multiline: flag,
    min_length: whole(0, 3000),
    max_length: whole(1, 3000),
  }),
  email_text_input: typed('email_text_input', {}),
  url_text_input: typed('url_text_input', {}),
  number_input: typed('number_input', { 'is_decimal_allowed!': flag, min_value: text(40), max_value: text(40) }),
};
const overflow = shape({
  'type!': kind('overflow'),
  action_id: actionId,
  'options!': menuOptions(1, 5),
  confirm: confirmDialog,
});

/** Which elements each block may hold. */
export const IN_ACTIONS: Members = { button, overflow, ...SELECTS, ...PICKERS };
export const IN_SECTION: Members = { ...IN_ACTIONS, image };
export const IN_INPUT: Members = { ...SELECTS, ...PICKERS, ...INPUTS };
