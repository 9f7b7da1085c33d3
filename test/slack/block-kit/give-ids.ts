import { isObject, type JsonObject } from '../model.ts';

const INTERACTIVE = /^(button|overflow|checkboxes|radio_buttons|.*select|.*picker|.*_input)$/;

/** Slack gives an id of its own to each block and each interactive element that has none. */
export function withIds(blocks: readonly JsonObject[], nextId: (prefix: string) => string): JsonObject[] {
  const element = (value: JsonObject): JsonObject =>
    INTERACTIVE.test(String(value.type)) && typeof value.action_id !== 'string'
      ? { ...value, action_id: nextId('a') }
      : value;
  return blocks.map((block) => ({
    ...block,
    block_id: typeof block.block_id === 'string' && block.block_id !== '' ? block.block_id : nextId('b'),
    ...(block.type === 'actions' && Array.isArray(block.elements)
      ? { elements: block.elements.filter(isObject).map(element) }
      : {}),
    ...(isObject(block.accessory) ? { accessory: element(block.accessory) } : {}),
    ...(isObject(block.element) ? { element: element(block.element) } : {}),
  }));
}
