import { isObject, type JsonObject, objectsIn, textIn } from '../model.ts';

/** An interactive element, with the block that holds it. */
export type PlacedElement = { readonly blockId: string; readonly element: JsonObject };

/** Every element with an action id in these blocks, top to bottom. */
export function elementsIn(blocks: readonly JsonObject[]): PlacedElement[] {
  return blocks.flatMap((block) =>
    [...objectsIn(block.elements), block.accessory, block.element]
      .filter(isObject)
      .filter((element) => typeof element.action_id === 'string')
      .map((element) => ({ blockId: textIn(block.block_id), element })),
  );
}

export const elementCalled = (blocks: readonly JsonObject[], actionId: string): PlacedElement | undefined =>
  elementsIn(blocks).find(({ element }) => element.action_id === actionId);

/** The words of a text object. */
export const wordsOf = (value: unknown): string => (isObject(value) ? textIn(value.text) : '');

/** A confirm dialog as the person reads it. */
export type ConfirmDialog = {
  readonly title: string;
  readonly text: string;
  readonly confirm: string;
  readonly deny: string;
};
export function confirmOf(element: JsonObject): ConfirmDialog | undefined {
  const { confirm } = element;
  if (!isObject(confirm)) return undefined;
  const [title, text] = [wordsOf(confirm.title), wordsOf(confirm.text)];
  return { title, text, confirm: wordsOf(confirm.confirm) || 'Yes', deny: wordsOf(confirm.deny) || 'No' };
}
