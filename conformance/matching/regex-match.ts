import type { CharRange } from './char-ranges.ts';
import { parseRegex, type Regex, RegexSyntaxError } from './regex-syntax.ts';

type State =
  | { readonly kind: 'chars'; readonly ranges: readonly CharRange[]; readonly next: number }
  | { readonly kind: 'split'; next: number; readonly other: number }
  | { readonly kind: 'edge'; readonly edge: string; readonly next: number }
  | { readonly kind: 'accept' };

const MAX_STATES = 20_000;

/**
 * Says whether a whole text matches, as Envoy's safe regexes do. It follows all paths at once, so that no pattern of a config
 * can make it slow: time is bounded by the pattern's size times the text's.
 */
export type RegexMatcher = { readonly regex: Regex; matches(text: string): boolean };

/** Throws `RegexSyntaxError`, also for a pattern whose counts unfold to more than 20,000 states. */
export function regexMatcher(pattern: string): RegexMatcher {
  const regex = parseRegex(pattern);
  const states: State[] = [{ kind: 'accept' }];
  const add = (state: State): number => {
    if (states.length >= MAX_STATES) throw new RegexSyntaxError(`too large: ${pattern}`);
    return states.push(state) - 1;
  };
  const start = build(regex, 0, add, states);
  return { regex, matches: (text) => simulate(states, start, text) };
}

function build(node: Regex, next: number, add: (state: State) => number, states: State[]): number {
  switch (node.kind) {
    case 'chars':
      return add({ kind: 'chars', ranges: node.ranges, next });
    case 'edge':
      return add({ kind: 'edge', edge: node.edge, next });
    case 'concat':
      return node.parts.reduceRight((after, part) => build(part, after, add, states), next);
    case 'alternatives':
      return node.options
        .map((option) => build(option, next, add, states))
        .reduce((other, option) => add({ kind: 'split', next: option, other }));
    case 'repeat': {
      let after = next;
      if (node.max === Number.POSITIVE_INFINITY) {
        const loop = add({ kind: 'split', next: 0, other: next });
        const state = states[loop];
        const body = build(node.of, loop, add, states);
        if (state?.kind === 'split') state.next = body;
        after = loop;
      } else {
        for (let i = node.min; i < node.max; i++) {
          after = add({ kind: 'split', next: build(node.of, after, add, states), other: next });
        }
      }
      for (let i = 0; i < node.min; i++) after = build(node.of, after, add, states);
      return after;
    }
    default:
      return node satisfies never;
  }
}

const isWord = (char: string | undefined): boolean => char !== undefined && /[0-9A-Za-z_]/.test(char);

function simulate(states: readonly State[], start: number, text: string): boolean {
  const chars = [...text];
  let current = new Set<number>();
  const enter = (set: Set<number>, from: number, at: number) => {
    const pending = [from];
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      if (set.has(index)) continue;
      set.add(index);
      const state = states[index];
      if (state?.kind === 'split') pending.push(state.next, state.other);
      else if (state?.kind === 'edge' && holds(state.edge, chars, at)) pending.push(state.next);
    }
  };
  enter(current, start, 0);
  for (let at = 0; at < chars.length && current.size > 0; at++) {
    const code = chars[at]?.codePointAt(0) ?? 0;
    const following = new Set<number>();
    for (const index of current) {
      const state = states[index];
      if (state?.kind !== 'chars') continue;
      if (state.ranges.some(([low, high]) => low <= code && code <= high)) enter(following, state.next, at + 1);
    }
    current = following;
  }
  return current.has(0);
}

function holds(edge: string, chars: readonly string[], at: number): boolean {
  if (edge === 'start') return at === 0;
  if (edge === 'end') return at === chars.length;
  const boundary = isWord(chars[at - 1]) !== isWord(chars[at]);
  return edge === 'word' ? boundary : !boundary;
}
