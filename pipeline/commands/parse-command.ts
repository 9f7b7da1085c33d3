import type { StageName } from '../../render/ids.ts';
import { nearestNames } from '../../render/nearest-names.ts';
import type { PromotionId } from '../ids.ts';
import { SKIPPABLE_GATES, type SkippableGate } from '../promotion/promotion.ts';
import type { Command, Query } from './command.ts';
import { splitWords, type Token } from './split-words.ts';
import { ALIASES, HELP, usageOf, WORDS, type Word } from './words.ts';

export type Parsed =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'query'; readonly query: Query }
  /** It is no command; the text says what is wrong and what is allowed. */
  | { readonly kind: 'usage'; readonly problem: string };

/** What there is, to tell what was meant. Unknown names are no usage fault: the pipeline refuses them, and the refusal is audited. */
export type Known = { readonly stages: readonly StageName[] };

const FLAGS = ['--reason', '--gates'] as const;
type Flag = (typeof FLAGS)[number];
/** Longer than anybody explains; Slack shows no more. */
const LONGEST_REASON = 1_000;

class UsageProblem extends Error {}
const wrong = (problem: string): never => {
  throw new UsageProblem(problem);
};

/** Understands what was typed after `/mesh` or `./mesh`; both say the same with the same words. */
export function parseCommand(text: string, known: Known): Parsed {
  return parseWords(splitWords(text), known);
}

export function parseWords(tokens: readonly Token[], known: Known): Parsed {
  try {
    const [first, ...rest] = tokens;
    if (!first) return { kind: 'query', query: { kind: 'help', word: undefined } };
    return understood(wordOf(first.text), rest, known);
  } catch (problem) {
    if (problem instanceof UsageProblem) return { kind: 'usage', problem: problem.message };
    throw problem;
  }
}

function wordOf(typed: string): Word {
  const lower = typed.toLowerCase().replace(/^\/+/, '');
  const exact = WORDS.find((word) => word === lower) ?? ALIASES[lower];
  if (exact) return exact;
  const near = nearestNames(lower, WORDS);
  const shown = typed.slice(0, 40);
  return wrong(
    near.length > 0
      ? `"${shown}" is no command; did you mean ${near.join(' or ')}?`
      : `"${shown}" is no command; there are ${WORDS.join(', ')}`,
  );
}

function understood(word: Word, tokens: readonly Token[], known: Known): Parsed {
  const { flags, words, because } = taken(word, tokens);
  const { args: wanted, reason: mode } = HELP[word];
  // A stage's name right after a word that may do without one (`freeze because …`) is told by what there is.
  const args = new Map<string, string>();
  const left = [...words];
  for (const { name, optional } of wanted) {
    const next = left[0];
    if (next === undefined) {
      if (!optional) wrong(`${word}: ${name} is missing; ${usageOf(word)}, as in: ${HELP[word].example}`);
      continue;
    }
    args.set(name, next.text);
    left.shift();
  }
  const trailing = left.map(({ text }) => text).join(' ');
  if (trailing !== '' && mode === 'none') wrong(`${word}: "${trailing.slice(0, 60)}" is too much; ${usageOf(word)}`);
  const reason = [trailing, because, flags.get('--reason') ?? '']
    .filter((part) => part !== '')
    .join(' ')
    .slice(0, LONGEST_REASON);
  if (flags.has('--gates') && word !== 'break-glass') wrong(`${word} takes no --gates; ${usageOf(word)}`);
  if (reason !== '' && mode === 'none') wrong(`${word} takes no reason; ${usageOf(word)}`);
  return meant(word, args, reason, flags.get('--gates'), known);
}

type Taken = { readonly flags: ReadonlyMap<Flag, string>; readonly words: readonly Token[]; readonly because: string };

/** Everything after `because` is the reason, whatever it looks like. */
function taken(word: Word, tokens: readonly Token[]): Taken {
  const flags = new Map<Flag, string>();
  const words: Token[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (!token) break;
    if (!token.quoted && token.text.toLowerCase() === 'because') {
      const because = tokens
        .slice(at + 1)
        .map(({ text }) => text)
        .join(' ');
      return { flags, words, because };
    }
    // Keyboards turn two hyphens into a dash.
    const text = token.text.replace(/^[\u2013\u2014]/, '--');
    if (token.quoted || !/^--?[a-z]/i.test(text)) {
      words.push(token);
      continue;
    }
    const [name = '', inline] = text.split(/=(.*)/s);
    const flag = FLAGS.find((one) => one === name);
    if (!flag) {
      const near = nearestNames(name, FLAGS);
      return wrong(
        `${word}: ${name.slice(0, 40)} is no flag${near.length > 0 ? `; did you mean ${near.join(' or ')}?` : `; there are ${FLAGS.join(', ')}`}`,
      );
    }
    const value = inline ?? tokens[at + 1]?.text;
    if (value === undefined) return wrong(`${word}: ${flag} needs a value`);
    if (inline === undefined) at += 1;
    flags.set(flag, value);
  }
  return { flags, words, because: '' };
}

function gatesOf(text: string | undefined): readonly SkippableGate[] {
  const names = (text ?? '').split(/[,\s]+/).filter((name) => name !== '');
  return names.map((name) => {
    const gate = SKIPPABLE_GATES.find((one) => one === name.toLowerCase());
    return (
      gate ??
      wrong(
        `break-glass: "${name.slice(0, 40)}" is no gate that can be skipped; those are ${SKIPPABLE_GATES.join(', ')}`,
      )
    );
  });
}

function meant(
  word: Word,
  args: ReadonlyMap<string, string>,
  reason: string,
  gates: string | undefined,
  { stages }: Known,
): Parsed {
  const command = (value: Command): Parsed => ({ kind: 'command', command: value });
  const query = (value: Query): Parsed => ({ kind: 'query', query: value });
  const asStage = (text: string): StageName =>
    (stages.find((name) => name.toLowerCase() === text.toLowerCase()) ?? text) as StageName;
  const stage = asStage(args.get('STAGE') ?? '');
  const maybeStage = args.has('STAGE') ? stage : undefined;
  const promotion = (args.get('ID') ?? '') as PromotionId;
  const revision = args.get('REV');
  switch (word) {
    case 'promote':
      return command({ kind: word, stage, revision, reason });
    case 'approve':
      return command({ kind: word, promotion, binding: undefined, reason });
    case 'reject':
    case 'cancel':
      return command({ kind: word, promotion, reason });
    case 'retry':
    case 'confirm':
      return command({ kind: word, promotion });
    case 'rollback':
      return command({ kind: word, stage, digest: args.get('DIGEST')?.toLowerCase(), reason });
    case 'release':
    case 'reconcile':
    case 'adopt':
      return command({ kind: word, stage, reason });
    case 'freeze':
    case 'unfreeze':
      return command({ kind: word, stage: maybeStage, reason });
    case 'stop':
    case 'resume':
      return command({ kind: word, reason });
    case 'break-glass':
      return command({ kind: word, promotion, gates: gatesOf(gates), reason, typedStage: args.get('STAGE') ?? '' });
    case 'status':
      return query({ kind: word });
    case 'plan':
      return query({ kind: word, stage, revision });
    case 'why':
      return query({ kind: word, promotion: args.has('ID') ? promotion : undefined });
    case 'history':
      return query({ kind: word, stage: maybeStage });
    case 'verify':
      return query({ kind: word, revision });
    case 'help':
      return query({ kind: word, word: args.get('WORD') });
    default:
      return word satisfies never;
  }
}
