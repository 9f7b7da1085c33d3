import type { JsonValue } from '../../../../render/json.ts';

const LONGEST = 400;

/** A value as people write it: strings without quotes where they cannot be taken for something else; long ones are cut. */
export function valueWords(value: JsonValue): string {
  const text = typeof value === 'string' && isPlain(value) ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text;
}

/** Not empty, no number, `true`, `false` or `null`, and no spaces at its ends. */
const isPlain = (text: string): boolean =>
  text !== '' && text.trim() === text && !/^(true|false|null)$/.test(text) && Number.isNaN(Number(text));
