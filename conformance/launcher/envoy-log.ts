import type { EnvoyEnd, StaticVerdict } from './envoy-launcher.ts';

const STAMP = /^\[\d{4}-\d\d-\d\d [\d:.]+\]\[\d+\]\[(\w+)\]\[[^\]]*\] (?:\[[^\]]*\] )?(.*)$/;

type Entry = { readonly level: string; readonly text: string };

/** Joins lines without a stamp to the entry before: Envoy's messages may have several lines. */
function entriesOf(log: string): Entry[] {
  const entries: { level: string; text: string }[] = [];
  for (const line of log.split('\n')) {
    const [, level, text] = STAMP.exec(line) ?? [];
    if (level !== undefined && text !== undefined) entries.push({ level, text });
    else if (line.trim() !== '') {
      const last = entries.at(-1);
      if (last?.level === 'critical') last.text += `\n${line}`;
      else entries.push({ level: 'plain', text: line });
    }
  }
  return entries;
}

/**
 * Why Envoy did not start, in its own words, without its time stamps: the last critical message, else the last line that it
 * printed outside of its log. Undefined where it said neither.
 */
export function refusalReason(log: string): string | undefined {
  const entries = entriesOf(log);
  const critical = entries.findLast((entry) => entry.level === 'critical');
  const found = critical ?? entries.findLast((entry) => entry.level === 'plain');
  if (!found) return undefined;
  const inner =
    /^error initializing configuration '.*?':\s*([\s\S]*)$/.exec(found.text)?.[1] ??
    /^error `([\s\S]*)` initializing config '/.exec(found.text)?.[1];
  // Protobuf texts are marked as not for parsing: a varying prefix and varying white space, which would make equal findings differ.
  return (inner ?? found.text)
    .replace(/goo\.gle\/\w+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** A crash prints a stack that starts so; what comes before is not a verdict. */
const CRASHED = /\[critical\]\[backtrace\]|Caught (?:Segmentation fault|Aborted|Bus error)|assert failure|panic: /;

/**
 * Reads the verdict of `--mode validate`. It is the line `configuration '…' OK`, not the exit status: Envoy can say OK and then
 * crash in its own clean-up.
 */
export function staticVerdict(log: string, end: EnvoyEnd): StaticVerdict {
  if (/^configuration '.*' OK$/m.test(log)) return { kind: 'ok', log };
  const reason = refusalReason(log);
  if (end.signal !== undefined || CRASHED.test(log) || reason === undefined || end.exitCode === 0)
    return { kind: 'crashed', end, log };
  return { kind: 'refused', reason, log };
}
