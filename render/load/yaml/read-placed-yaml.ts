import { setImmediate } from 'node:timers/promises';
import type { ErrorCode } from 'yaml';
import type { Finding } from '../../finding.ts';
import type { JsonValue } from '../../json.ts';
import { locationIn, type SourceFile, type SourceLocation, sourceFile } from '../../source-location.ts';
import { MAX_DEPTH, MAX_FAULTS_PER_FILE, MAX_FINDINGS_PER_FILE, MAX_YAML_TOKENS } from '../limits.ts';
import { type LoadRule, loadFinding } from '../rules.ts';
import { type Composed, composedDocuments, type Stopped, type SyntaxFault } from './composed-documents.ts';
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

/** The same in steps: others have their turn in between, and it rejects with the reason of `signal` soon after that is aborted. */
export async function readYamlInSteps(
  source: SourceFile,
  text: string,
  signal: AbortSignal | undefined,
): Promise<YamlDocuments> {
  const plain = readPlainYaml(source, text);
  if (plain) return { ...plain, findings: [] };
  const steps = anyYaml(source, text);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value;
    await setImmediate();
    signal?.throwIfAborted();
  }
}

/** By the `yaml` package alone: all of YAML, and every problem with its place, at a tenth of the speed of `readPlainYaml`. */
export function readAnyYaml(source: SourceFile, text: string): YamlDocuments {
  const steps = anyYaml(source, text);
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
}

/** Yields where it can be left for a moment. */
function* anyYaml(source: SourceFile, text: string): Generator<undefined, YamlDocuments> {
  const readings = new EnvoyReadings();
  const documents: JsonValue[] = [];
  const problems = new FileProblems(source, text);
  const composed = composedDocuments(text);
  let step = composed.next();
  for (; !step.done; step = composed.next()) {
    const document = step.value;
    if (!document) yield undefined;
    if (!document || document.errors.length > 0) continue;
    const onProblem = ({ rule, offset, saw, want }: YamlProblem): void => problems.report(rule, offset, saw, want);
    const value = yamlToJson(document.contents, source, readings, onProblem);
    if (value !== null && value !== undefined) documents.push(value);
  }
  return { documents, findings: problems.findings(step.value), readings };
}

/** What is wrong with one file, up to a bound. */
class FileProblems {
  readonly #source: SourceFile;
  readonly #text: string;
  readonly #problems: YamlProblem[] = [];
  #left = 0;

  constructor(source: SourceFile, text: string) {
    this.#source = source;
    this.#text = text;
  }

  report(rule: LoadRule, offset: number, saw: string, want: string): void {
    if (this.#problems.length < MAX_FINDINGS_PER_FILE) this.#problems.push({ rule, offset, saw, want });
    else this.#left += 1;
  }

  findings({ faults, stopped }: Composed): Finding[] {
    const lines = new Set<number>();
    for (const fault of faults) {
      if (fault.isWarning) {
        if (fault.code === 'TAG_RESOLVE_FAILED') this.#unknownTag(fault.offset);
        continue;
      }
      const { line } = this.#placeOf(fault.offset);
      // one slip makes the parser complain of the same line several times over; the first complaint is the telling one
      if (!lines.has(line)) this.#syntax(fault, line);
      lines.add(line);
    }
    const found = this.#problems.map((problem) => this.#finding(problem));
    found.sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
    const rest = stopped ? restUnread(stopped) : this.#left > 0 ? restUnshown(this.#left, this.#problems) : undefined;
    return rest ? [...found, this.#finding(rest)] : found;
  }

  #finding({ rule, offset, saw, want }: YamlProblem): Finding {
    return loadFinding(rule, this.#placeOf(offset), saw, want);
  }

  #unknownTag(offset: number): void {
    const tag = this.#text.slice(offset, offset + 80).split(/\s/)[0] ?? '';
    const want = 'no tag, or one of !!str !!int !!float !!bool !!null !!map !!seq';
    this.report('unknown-tag', offset, `the tag ${shown(tag)}`, want);
  }

  #syntax({ offset, code, message }: SyntaxFault, line: number): void {
    const written = lineOf(this.#source, this.#text, line);
    const want = /^ *\t/.test(written) ? WANTS.TAB_AS_INDENT : code && WANTS[code];
    const said = message.replace(/\s+/g, ' ').trim();
    this.report('yaml-syntax', offset, `${shown(written.trim())} (${said})`, want ?? 'well-formed YAML 1.2');
  }

  #placeOf(offset: number): SourceLocation {
    return locationIn(this.#source, Math.max(0, Math.min(offset, this.#text.length)));
  }
}

function restUnread({ cause, offset }: Stopped): YamlProblem {
  switch (cause) {
    case 'too-deep':
      return { rule: cause, offset, saw: `more than ${MAX_DEPTH} levels of nesting`, want: `at most ${MAX_DEPTH}` };
    case 'too-many-tokens': {
      const want = 'a file that is smaller, or split into several';
      return { rule: 'too-many-nodes', offset, saw: `more than ${MAX_YAML_TOKENS} pieces of YAML`, want };
    }
    case 'too-many-faults': {
      const saw = `more than ${MAX_FAULTS_PER_FILE} mistakes; what follows was not read`;
      return { rule: 'too-many-faults', offset, saw, want: 'a file that is YAML' };
    }
    default:
      return cause satisfies never;
  }
}

function restUnshown(left: number, shownOnes: readonly YamlProblem[]): YamlProblem {
  const saw = `${left} more problems in this file, which are not shown`;
  return { rule: 'too-many-faults', offset: shownOnes.at(-1)?.offset ?? 0, saw, want: 'those above mended first' };
}

const WANTS: Partial<Record<ErrorCode, string>> = {
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
