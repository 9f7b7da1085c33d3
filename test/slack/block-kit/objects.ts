import { isObject, objectsIn, textIn } from '../model.ts';
import { also, byType, choice, complaint, flag, list, type Rule, repeated, shape, text } from './rules.ts';

// Limits: docs.slack.dev, reference, "Composition objects".
const plainText = (most: number): Rule => shape({ 'type!': choice('plain_text'), 'text!': text(most), emoji: flag });
const mrkdwn = (most: number): Rule => shape({ 'type!': choice('mrkdwn'), 'text!': text(most), verbatim: flag });

/** `plain_text` only. */
export const plain = (most: number): Rule => byType({ plain_text: plainText(most) });
/** `plain_text` or `mrkdwn`. */
export const words = (most: number): Rule => byType({ plain_text: plainText(most), mrkdwn: mrkdwn(most) });

export const confirmDialog: Rule = shape({
  'title!': plain(100),
  'text!': words(300),
  'confirm!': plain(30),
  'deny!': plain(30),
  style: choice('primary', 'danger'),
});

const OPTION_TEXT_MAX = 75;
const option = (label: Rule): Rule =>
  shape({ 'text!': label, 'value!': text(150), description: plain(OPTION_TEXT_MAX), url: text(3000) });

const distinct = (rule: Rule): Rule => {
  return (value, at) => [
    ...rule(value, at),
    ...repeated(
      objectsIn(value).map((each, index) => ({ value: textIn(each.value), at: `${at}/${index}/value` })),
      'value',
    ),
  ];
};
/** Options of a menu: plain text. */
export const menuOptions = (least: number, most: number): Rule =>
  distinct(list(option(plain(OPTION_TEXT_MAX)), least, most));
/** Options of checkboxes and radio buttons: these may hold mrkdwn. */
export const tickOptions: Rule = distinct(list(option(words(OPTION_TEXT_MAX)), 1, 10));
export const chosenOption: Rule = option(words(OPTION_TEXT_MAX));
export const optionGroups: Rule = list(shape({ 'label!': plain(75), 'options!': menuOptions(1, 100) }), 1, 100);

/** What is chosen at first has to be one of what can be chosen, to the letter. */
export const startsAmong = (rule: Rule): Rule =>
  also(rule, (element, at) => {
    const groups = objectsIn(element.option_groups).flatMap((group) => objectsIn(group.options));
    const known = [...objectsIn(element.options), ...groups].map((each) => JSON.stringify(each));
    const first = isObject(element.initial_option) ? [element.initial_option] : objectsIn(element.initial_options);
    return first.every((each) => known.includes(JSON.stringify(each)))
      ? []
      : [complaint('initial option was not found in options', at)];
  });
