import { isObject, type JsonObject, objectsIn, textIn } from '../model.ts';
import { elementsIn } from './elements.ts';

/** What a person fills in: by action id or by block id, the text typed or the value(s) chosen. */
export type Filled = Readonly<Record<string, string | readonly string[]>>;

const optionsOf = (element: JsonObject): JsonObject[] => [
  ...objectsIn(element.options),
  ...objectsIn(element.option_groups).flatMap((group) => objectsIn(group.options)),
];
const optionWith = (element: JsonObject, value: string): JsonObject => {
  const found = optionsOf(element).find((option) => option.value === value);
  if (!found) throw new Error(`"${textIn(element.action_id)}" offers no "${value}"`);
  return found;
};

/** An element's value in the form in which Slack reports it. @throws Error when nobody could choose that */
export function chosenIn(element: JsonObject, given: string | readonly string[] | undefined): JsonObject {
  const type = textIn(element.type);
  const values = given === undefined ? undefined : typeof given === 'string' ? [given] : given;
  const one = values?.[0];
  const initially = (name: string): JsonObject[keyof JsonObject] => element[name] ?? null;
  switch (type) {
    case 'button':
      return { type, ...(element.value === undefined ? {} : { value: element.value }) };
    case 'static_select':
    case 'radio_buttons':
    case 'overflow':
      return { type, selected_option: one === undefined ? initially('initial_option') : optionWith(element, one) };
    case 'multi_static_select':
    case 'checkboxes':
      return {
        type,
        selected_options: values ? values.map((value) => optionWith(element, value)) : (element.initial_options ?? []),
      };
    case 'users_select':
      return { type, selected_user: one ?? initially('initial_user') };
    case 'multi_users_select':
      return { type, selected_users: values ?? element.initial_users ?? [] };
    case 'channels_select':
      return { type, selected_channel: one ?? initially('initial_channel') };
    case 'conversations_select':
      return { type, selected_conversation: one ?? initially('initial_conversation') };
    case 'datepicker':
      return { type, selected_date: one ?? initially('initial_date') };
    case 'timepicker':
      return { type, selected_time: one ?? initially('initial_time') };
    case 'datetimepicker':
      return { type, selected_date_time: one === undefined ? initially('initial_date_time') : Number(one) };
    default:
      return { type, value: one === undefined || one === '' ? initially('initial_value') : one };
  }
}

/** `state.values` of a view or message. */
export function stateValues(blocks: readonly JsonObject[], filled: Filled): JsonObject {
  const values: Record<string, Record<string, JsonObject>> = {};
  for (const { blockId, element } of elementsIn(blocks)) {
    if (element.type === 'button' || element.type === 'overflow') continue;
    const actionId = textIn(element.action_id);
    values[blockId] = { ...values[blockId], [actionId]: chosenIn(element, filled[actionId] ?? filled[blockId]) };
  }
  return values;
}

/** What Slack's client says before it sends anything, by block id: an answer is missing, too short, too long, or of the wrong form. */
export function complaintsOf(blocks: readonly JsonObject[], values: JsonObject): Record<string, string> {
  const complaints: Record<string, string> = {};
  for (const block of blocks) {
    if (block.type !== 'input' || !isObject(block.element)) continue;
    const { element } = block;
    const blockId = textIn(block.block_id);
    const held = values[blockId];
    const { type: _type, ...answer } = isObject(held) ? (held[textIn(element.action_id)] as JsonObject) : {};
    const [value] = Object.values(answer);
    const empty = value === undefined || value === null || (Array.isArray(value) && value.length === 0);
    if (empty && block.optional !== true) complaints[blockId] = 'Please complete this required field.';
    if (typeof value !== 'string') continue;
    const least = Number(element.min_length ?? 0);
    const most = Number(element.max_length ?? 3000);
    if (value.length < least) complaints[blockId] = `Please enter at least ${least} characters.`;
    if (value.length > most) complaints[blockId] = `Please enter no more than ${most} characters.`;
    if (element.type === 'url_text_input' && !URL.canParse(value)) complaints[blockId] = 'Please enter a valid URL.';
    if (element.type === 'email_text_input' && !/^\S+@\S+\.\S+$/.test(value))
      complaints[blockId] = 'Please enter a valid email address.';
    if (element.type === 'number_input' && !Number.isFinite(Number(value)))
      complaints[blockId] = 'Please enter a number.';
  }
  return complaints;
}
