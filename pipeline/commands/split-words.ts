/** One word of what was typed; `quoted` words are never flags, nor `because`. */
export type Token = { readonly text: string; readonly quoted: boolean };

/** Quotes as keyboards make them: Slack's clients turn straight ones into curly ones. */
const PAIRS: Readonly<Record<string, string>> = {
  '"': '"',
  '\u201c': '\u201d',
  '\u201e': '\u201c',
  '\u201d': '\u201d',
};

/** Splits at white space; double quotes hold a word together, and one that is never closed goes to the end. */
export function splitWords(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at] ?? '';
    if (/\s/.test(char)) {
      at += 1;
      continue;
    }
    const close = PAIRS[char];
    if (close !== undefined) {
      const end = text.slice(at + 1).search(close === '"' ? /"/ : /[\u201c\u201d"]/);
      const stop = end === -1 ? text.length : at + 1 + end;
      tokens.push({ text: text.slice(at + 1, stop), quoted: true });
      at = stop + 1;
      continue;
    }
    // `--reason="two words"`: the flag's value is in the quotes
    const flag = /^([-\u2013\u2014]+[a-z-]+=)["\u201c\u201d\u201e]([^"\u201c\u201d]*)["\u201c\u201d]?/i.exec(
      text.slice(at),
    );
    if (flag) {
      tokens.push({ text: `${flag[1]}${flag[2]}`, quoted: false });
      at += flag[0].length;
      continue;
    }
    const word = /^\S+/.exec(text.slice(at))?.[0] ?? char;
    tokens.push({ text: word, quoted: false });
    at += word.length;
  }
  return tokens;
}
