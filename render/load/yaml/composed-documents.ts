import { Composer, type Document, type ErrorCode, Lexer, Parser } from 'yaml';
import { MAX_DEPTH, MAX_FAULTS_PER_FILE, MAX_YAML_TOKENS } from '../limits.ts';

export type SyntaxFault = {
  readonly offset: number;
  readonly code: ErrorCode | undefined;
  readonly message: string;
  /** Of a directive or tag that says nothing to this parser. */
  readonly isWarning: boolean;
};
/** Why the rest of a text is left unread. */
export type Stopped = { readonly offset: number; readonly cause: 'too-deep' | 'too-many-tokens' | 'too-many-faults' };
export type Composed = {
  /** In the order in which they were met. */
  readonly faults: readonly SyntaxFault[];
  readonly stopped: Stopped | undefined;
};

/** Lexemes between two pauses: some 10 ms. */
const PAUSE_EVERY = 5_000;

class TooManyFaults extends Error {}

/**
 * Drives lexer, parser and composer of the `yaml` package by hand, so that nesting is refused before anything recurses into it, and a
 * text of nothing but mistakes is given up before each of them has become an error with a stack. Yields each document as it is complete,
 * and undefined where a caller may let others have their turn. A document with faults has `errors`.
 */
export function* composedDocuments(text: string): Generator<Document.Parsed | undefined, Composed> {
  const faults: SyntaxFault[] = [];
  // unique keys are held by `yamlToJson`: the package compares every key with every other
  const composer = new Composer({ uniqueKeys: false, strict: true, prettyErrors: false, keepSourceTokens: false });
  const parser = new Parser();
  const stop = (cause: Stopped['cause']): Composed => ({ faults, stopped: { offset: parser.offset, cause } });
  watchFaults(composer, (fault) => {
    faults.push(fault);
    if (faults.length > MAX_FAULTS_PER_FILE) throw new TooManyFaults();
  });
  let tokens = 0;
  try {
    for (const lexeme of new Lexer().lex(text)) {
      tokens += 1;
      if (tokens > MAX_YAML_TOKENS) return stop('too-many-tokens');
      if (tokens % PAUSE_EVERY === 0) yield undefined;
      for (const token of parser.next(lexeme)) {
        if (token.type === 'error') {
          const { offset, message } = token;
          faults.push({
            offset,
            code: undefined,
            message: `${message}: ${JSON.stringify(token.source)}`,
            isWarning: false,
          });
          if (faults.length > MAX_FAULTS_PER_FILE) return stop('too-many-faults');
        }
        yield* composer.next(token);
      }
      if (parser.stack.length > MAX_DEPTH + 2) return stop('too-deep');
    }
    for (const token of parser.end()) yield* composer.next(token);
    yield* composer.end();
  } catch (error) {
    if (error instanceof TooManyFaults)
      return { faults, stopped: { offset: faults.at(-1)?.offset ?? 0, cause: 'too-many-faults' } };
    const reason = error instanceof Error ? error.message : String(error);
    faults.push({
      offset: parser.offset,
      code: undefined,
      message: `text that the YAML parser cannot take: ${reason}`,
      isWarning: false,
    });
  }
  return { faults, stopped: undefined };
}

type OnError = (
  source: number | [number, number] | { offset: number },
  code: ErrorCode,
  message: string,
  warning?: boolean,
) => void;

/** The composer has one place through which all that it finds goes, and offers no other way to stop it within a document. */
function watchFaults(composer: Composer, onFault: (fault: SyntaxFault) => void): void {
  const keep = Reflect.get(composer, 'onError') as OnError;
  const watched: OnError = (source, code, message, warning) => {
    const offset = typeof source === 'number' ? source : Array.isArray(source) ? source[0] : source.offset;
    onFault({ offset, code, message, isWarning: warning === true });
    keep(source, code, message, warning);
  };
  Reflect.set(composer, 'onError', watched);
}
