import { Composer, type Document, Lexer, Parser, type YAMLError } from 'yaml';
import type { Finding } from '../../finding.ts';
import type { JsonValue } from '../../json.ts';
import { locationIn, type SourceFile, type SourceLocation, sourceFile } from '../../source-location.ts';
import { MAX_DEPTH, MAX_FINDINGS_PER_FILE } from '../limits.ts';
import { type LoadRule, loadFinding } from '../rules.ts';
import { EnvoyReadings } from './envoy-readings.ts';
import { readPlainYaml } from './plain-yaml.ts';
import { type YamlProblem, yamlToJson } from './yaml-to-json.ts';

export type PlacedDocuments = { readonly documents: JsonValue[]; readonly findings: Finding[] };
export type YamlDocuments = PlacedDocuments & { readonly readings: EnvoyReadings };

/**
 * YAML 1.2 (core schema, and `<<` of 1.1) as JSON whose containers know the place of each key and value. Documents that are empty
 * are left out, and so are those with errors. Never throws; time and memory grow with the length of `text` alone.
 */
export function readPlacedYaml(file: string, text: string): PlacedDocuments {
  return readYamlSource(sourceFile(file, text), text);
}

export function readYamlSource(source: SourceFile, text: string): YamlDocuments {
  const plain = readPlainYaml(source, text);
  return plain ? { ...plain, findings: [] } : readAnyYaml(source, text);
}

/** By the `yaml` package alone: all of YAML, and every problem with its place, at a tenth of the speed of `readPlainYaml`. */
export function readAnyYaml(source: SourceFile, text: string): YamlDocuments {
  const readings = new EnvoyReadings();
  const documents: JsonValue[] = [];
  const findings: Finding[] = [];
  const linesWithProblem = new Set<number>();
  const isFull = (): boolean => findings.length >= MAX_FINDINGS_PER_FILE;
  const placeOf = (offset: number): SourceLocation => locationIn(source, Math.max(0, Math.min(offset, text.length)));
  const report = (rule: LoadRule, offset: number, saw: string, want: string): void => {
    if (!isFull()) findings.push(loadFinding(rule, placeOf(offset), saw, want));
  };
  const reportSyntax = (error: YAMLError): void => {
    const { line } = placeOf(error.pos[0]);
    // one slip makes the parser complain of the same line several times over; the first complaint is the telling one
    if (isFull() || linesWithProblem.has(line)) return;
    linesWithProblem.add(line);
    const written = lineOf(source, text, line);
    const want = /^ *\t/.test(written) ? WANTS.TAB_AS_INDENT : WANTS[error.code];
    const message = error.message.replace(/\s+/g, ' ').trim();
    report('yaml-syntax', error.pos[0], `${shown(written.trim())} (${message})`, want ?? 'well-formed YAML 1.2');
  };
  for (const document of composedDocuments(text, report)) {
    if (document.errors.length > 0) {
      for (const error of document.errors) reportSyntax(error);
      continue;
    }
    for (const warning of document.warnings) {
      if (warning.code !== 'TAG_RESOLVE_FAILED') continue;
      const tag = text.slice(warning.pos[0], warning.pos[0] + 80).split(/\s/)[0] ?? '';
      report(
        'unknown-tag',
        warning.pos[0],
        `the tag ${shown(tag)}`,
        'no tag, or one of !!str !!int !!float !!bool !!null !!map !!seq',
      );
    }
    const onProblem = ({ rule, offset, saw, want }: YamlProblem): void => report(rule, offset, saw, want);
    const value = yamlToJson(document.contents, source, readings, onProblem);
    if (value !== null && value !== undefined) documents.push(value);
  }
  return { documents, findings, readings };
}

type Report = (rule: LoadRule, offset: number, saw: string, want: string) => void;

/** Drives lexer, parser and composer by hand, so that nesting is refused before anything recurses into it. */
function* composedDocuments(text: string, report: Report): Generator<Document.Parsed> {
  // unique keys are held by `yamlToJson`: the package compares every key with every other
  const composer = new Composer({ uniqueKeys: false, strict: true, prettyErrors: false, keepSourceTokens: false });
  const parser = new Parser();
  try {
    for (const lexeme of new Lexer().lex(text)) {
      for (const token of parser.next(lexeme)) yield* composer.next(token);
      if (parser.stack.length > MAX_DEPTH + 2) {
        report('too-deep', parser.offset, `more than ${MAX_DEPTH} levels of nesting`, `at most ${MAX_DEPTH}`);
        return;
      }
    }
    for (const token of parser.end()) yield* composer.next(token);
    yield* composer.end();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    report('yaml-syntax', parser.offset, `text that the YAML parser cannot take (${message})`, 'YAML 1.2');
  }
}

const WANTS: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'spaces for indentation: YAML takes no tabs there',
  BAD_INDENT: 'the same indentation for all members of a mapping or list',
  BAD_DQ_ESCAPE: 'an escape that YAML knows, or single quotes',
  MISSING_CHAR: 'well-formed YAML; a quote, comma or bracket may be missing',
  BAD_SCALAR_START: 'quotes around text that begins with a special character',
  MULTIPLE_ANCHORS: 'one anchor for a value',
  BLOCK_AS_IMPLICIT_KEY: 'one "key: value" on a line; quote text that holds ": "',
  MULTILINE_IMPLICIT_KEY: 'one "key: value" on a line; quote text that holds ": "',
};

function lineOf({ lineStarts }: SourceFile, text: string, line: number): string {
  const from = lineStarts[line - 1] ?? 0;
  const to = lineStarts[line] ?? text.length;
  return text.slice(from, Math.min(to, from + 200));
}

const shown = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);
