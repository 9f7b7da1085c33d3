import type { CharRange } from './char-ranges.ts';
import { regexMatcher } from './regex-match.ts';
import type { Regex } from './regex-syntax.ts';

/** Characters that are at home in paths, hosts and header values, nicest first. */
const NICE = [..."abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_./~:@!$&'()*+,;=%"];
const MAX_LENGTH = 2_000;

/**
 * Up to `count` different texts that match the whole of `pattern` (each one is matched to be sure), short ones first; none for a
 * pattern that nothing printable matches. Deterministic. Throws `RegexSyntaxError` for a pattern that is not understood.
 */
export function samplesOf(pattern: string, count = 12): readonly string[] {
  const matcher = regexMatcher(pattern);
  const found = new Set<string>();
  for (let variant = 0; variant < count * 4 && found.size < count; variant++) {
    const text = write(matcher.regex, choices(variant));
    if (text !== undefined && text.length <= MAX_LENGTH && matcher.matches(text)) found.add(text);
  }
  return [...found];
}

/** Picks a number below `options`. The first variants are plain (first option, fewest or one repetition), later ones mixed. */
type Choose = { readonly pick: (options: number) => number; readonly plainRepeat: number | undefined };

function choices(variant: number): Choose {
  if (variant < 3) return { pick: () => 0, plainRepeat: [1, 0, 2][variant] };
  let seed = variant * 2_654_435_761;
  const pick = (options: number) => {
    seed = (Math.imul(seed ^ (seed >>> 15), 2_246_822_519) + 0x9e3779b9) >>> 0;
    return options <= 1 ? 0 : (seed >>> 8) % options;
  };
  return { pick, plainRepeat: undefined };
}

function write(node: Regex, choose: Choose): string | undefined {
  switch (node.kind) {
    case 'edge':
      return '';
    case 'chars':
      return niceChar(node.ranges, choose);
    case 'alternatives': {
      const option = node.options[choose.pick(node.options.length)];
      return option && write(option, choose);
    }
    case 'concat':
      return joined(node.parts, choose);
    case 'repeat': {
      const wanted = choose.plainRepeat ?? choose.pick(4);
      const times = Math.min(Math.max(node.min, wanted), node.max);
      return joined(new Array<Regex>(times).fill(node.of), choose);
    }
    default:
      return node satisfies never;
  }
}

function joined(parts: readonly Regex[], choose: Choose): string | undefined {
  let text = '';
  for (const part of parts) {
    const piece = write(part, choose);
    if (piece === undefined) return undefined;
    text += piece;
    if (text.length > MAX_LENGTH) return undefined;
  }
  return text;
}

function niceChar(ranges: readonly CharRange[], choose: Choose): string | undefined {
  const inside = (char: string) => {
    const code = char.codePointAt(0) ?? 0;
    return ranges.some(([low, high]) => low <= code && code <= high);
  };
  const nice = NICE.filter(inside);
  // Letters and digits alone where there are any: separators would change what the text means.
  const words = nice.filter((char) => /[a-z0-9]/i.test(char));
  const from = words.length > 0 ? words : nice;
  const printable = ranges.find(([low, high]) => high >= 33 && low <= 126);
  return from[choose.pick(from.length)] ?? (printable && String.fromCodePoint(Math.max(33, printable[0])));
}
