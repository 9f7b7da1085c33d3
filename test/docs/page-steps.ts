/** What a reader of a page does, in order: writes a file, or types commands and sees what they print. */
export type PageStep =
  | { readonly kind: 'file'; readonly line: number; readonly path: string; readonly text: string }
  | { readonly kind: 'commands'; readonly line: number; readonly commands: readonly PageCommand[] };

export type PageCommand = {
  readonly line: number;
  readonly command: string;
  /** Lines that it prints, in order; `…` stands for any text in a line, and a line of `…` alone for any lines. */
  readonly prints: readonly string[];
};

/**
 * The steps of a page of Markdown. A fence of a language with a path in brackets (`yaml [config/mesh.yaml]`) is a file, a fence of
 * `console` has commands after `$ `. All other fences are only to be read.
 */
export function pageSteps(markdown: string): readonly PageStep[] {
  const lines = markdown.split('\n');
  const steps: PageStep[] = [];
  let open: { readonly info: string; readonly from: number } | undefined;
  for (const [index, text] of lines.entries()) {
    const fence = /^```(.*)$/.exec(text);
    if (!fence) continue;
    if (!open) {
      open = { info: fence[1] ?? '', from: index + 1 };
      continue;
    }
    const inside = lines.slice(open.from, index);
    const path = /^\w+ \[(.+)\]$/.exec(open.info)?.[1];
    const line = open.from + 1;
    if (path) steps.push({ kind: 'file', line, path, text: `${inside.join('\n')}\n` });
    else if (open.info === 'console') steps.push({ kind: 'commands', line, commands: commandsIn(inside, line) });
    open = undefined;
  }
  return steps;
}

function commandsIn(lines: readonly string[], firstLine: number): PageCommand[] {
  const commands: { line: number; command: string; prints: string[] }[] = [];
  for (const [index, text] of lines.entries()) {
    if (text.startsWith('$ ')) commands.push({ line: firstLine + index, command: text.slice(2), prints: [] });
    else commands.at(-1)?.prints.push(text);
  }
  return commands;
}

/** The first line of `prints` that `output` does not have where it should; undefined where it prints as the page says. */
export function missingFrom(output: string, prints: readonly string[]): string | undefined {
  const printed = output.trimEnd().split('\n');
  let at = 0;
  let anywhere = false;
  for (const line of prints) {
    if (line === '…') {
      anywhere = true;
      continue;
    }
    const found = printed.findIndex((candidate, index) => index >= at && matches(candidate, line));
    if (found === -1 || (!anywhere && found !== at)) return line;
    at = found + 1;
    anywhere = false;
  }
  return undefined;
}

const matches = (candidate: string, line: string): boolean =>
  new RegExp(
    `^${line
      .split('…')
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
      .join('.*')}$`,
  ).test(candidate);
