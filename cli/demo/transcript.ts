import { isObject, type JsonObject, type Message, objectsIn, textIn } from '../../test/slack/model.ts';
import { unescapeText } from '../../test/slack/mrkdwn.ts';

/** A message of the channel as lines of plain text: what a person would read aloud. Buttons stand in brackets. */
export function messageLines(message: Pick<Message, 'text' | 'blocks'>): readonly string[] {
  const lines = message.blocks.flatMap(blockLines);
  return lines.length > 0 ? lines : readable(message.text).split('\n');
}

function blockLines(block: JsonObject): readonly string[] {
  switch (block.type) {
    case 'header':
    case 'section': {
      const fields = objectsIn(block.fields).map((field) => textIn(field.text));
      const own = isObject(block.text) ? [textIn(block.text.text)] : [];
      return [...own, ...fields].flatMap((text) => readable(text).split('\n'));
    }
    case 'context':
      return [
        readable(
          objectsIn(block.elements)
            .map((element) => textIn(element.text))
            .join(' '),
        ),
      ];
    case 'actions':
      return [
        objectsIn(block.elements)
          .map((element) => `[${isObject(element.text) ? textIn(element.text.text) : textIn(element.type)}]`)
          .join(' '),
      ];
    default:
      return [];
  }
}

/** Without Slack's own marks: times as their fallback, mentions as they are, entities decoded. */
function readable(text: string): string {
  return unescapeText(
    text
      .replaceAll(/<!date\^[^|>]*\|([^>]*)>/g, '$1')
      .replaceAll(/<(https?:[^|>]+)\|([^>]*)>/g, '$2')
      .replaceAll(/```\n?|[`*]/g, ''),
  );
}
