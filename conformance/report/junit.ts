import { type Finding, renderFinding } from '../../render/finding.ts';
import { formatLocation } from '../../render/source-location.ts';
import type { CheckResult } from '../checks/check.ts';
import { type CellReport, findingsOfCell, type MatrixResult } from './matrix-result.ts';
import { redactText } from './redact.ts';

type Outcome = { readonly kind: 'failure' | 'error' | 'skipped'; readonly message: string; readonly text: string };
type TestCase = { readonly name: string; readonly durationMs: number; readonly outcome?: Outcome };
type Suite = {
  readonly name: string;
  readonly timestamp: string;
  readonly durationMs: number;
  readonly cases: readonly TestCase[];
  readonly output: readonly string[];
};

/**
 * `junit.xml`: one suite per cell with a case for every step, check and finding; `failure` is a rejection, `error` is "could not be judged", and
 * neither reads as the other. A suite `static guards` comes first.
 */
export function junitXml(result: MatrixResult): string {
  const suites = [staticSuite(result), ...result.cells.map((cell) => cellSuite(cell, result.startedAtIso))];
  const all = suites.flatMap((suite) => suite.cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="mesh verify"${counts(all)} time="${seconds(result.durationMs)}">`,
    ...suites.map(suiteXml),
    '</testsuites>',
    '',
  ].join('\n');
}

function staticSuite(result: MatrixResult): Suite {
  const errors = result.findings.filter((finding) => finding.severity === 'error');
  const cases = errors.map(findingCase);
  return {
    name: 'static guards',
    timestamp: result.startedAtIso,
    durationMs: 0,
    cases: cases.length > 0 ? cases : [{ name: 'static guards', durationMs: 0 }],
    output: result.findings.filter((finding) => finding.severity !== 'error').map(renderFinding),
  };
}

function cellSuite(cell: CellReport, timestamp: string): Suite {
  const errors = findingsOfCell(cell)
    .map(({ finding }) => finding)
    .filter((finding) => finding.severity === 'error');
  const steps = cell.steps.map(({ name, durationMs, verdict, note }): TestCase => {
    if (verdict === 'pass') return { name, durationMs };
    const why = note ?? (verdict === 'fail' ? errors.map(renderFinding).join('\n') : cell.message) ?? '';
    const kind = verdict === 'fail' ? 'failure' : 'error';
    return { name, durationMs, outcome: { kind, message: `${name}: ${verdict}`, text: `${why}\n${cell.repro}` } };
  });
  const own = cell.findings.filter((finding) => finding.severity === 'error').map(findingCase);
  const verdictCase: TestCase[] =
    cell.verdict === 'inconclusive'
      ? [
          {
            name: 'verdict',
            durationMs: 0,
            outcome: { kind: 'error', message: 'inconclusive', text: cell.message ?? '' },
          },
        ]
      : [{ name: 'verdict', durationMs: 0, ...(cell.verdict === 'fail' ? { outcome: failedVerdict(cell) } : {}) }];
  const warnings = cell.findings.filter((finding) => finding.severity !== 'error').map(renderFinding);
  return {
    name: cell.id,
    timestamp,
    durationMs: cell.durationMs,
    cases: [...steps, ...cell.checks.map(checkCase), ...own, ...verdictCase],
    output: [
      ...warnings,
      ...(cell.cached ? ['answered from the verdict cache'] : []),
      ...(cell.rerun ? [`run again: ${cell.rerun}`] : []),
    ],
  };
}

const failedVerdict = (cell: CellReport): Outcome => ({ kind: 'failure', message: 'fail', text: cell.repro });

const findingCase = (finding: Finding): TestCase => ({
  name: `${finding.rule} ${formatLocation(finding.at)}`,
  durationMs: 0,
  outcome: { kind: 'failure', message: `${finding.rule}: saw ${finding.saw}`, text: renderFinding(finding) },
});

function checkCase({ name, outcome, durationMs, evidence }: CheckResult): TestCase {
  const title = `check ${name}`;
  if (outcome.kind === 'pass') return { name: title, durationMs };
  if (outcome.kind === 'skip')
    return { name: title, durationMs, outcome: { kind: 'skipped', message: outcome.reason, text: '' } };
  const text = [...outcome.findings.map(renderFinding), ...(evidence ? [evidence] : [])].join('\n');
  const [first] = outcome.findings;
  return { name: title, durationMs, outcome: { kind: 'failure', message: first ? `saw ${first.saw}` : 'fail', text } };
}

function suiteXml(suite: Suite): string {
  const { name, timestamp, durationMs, cases, output } = suite;
  return [
    `  <testsuite name="${attribute(name)}"${counts(cases)} timestamp="${attribute(timestamp)}" time="${seconds(durationMs)}">`,
    ...cases.map((testCase) => caseXml(name, testCase)),
    ...(output.length > 0 ? [`    <system-out>${content(output.join('\n'))}</system-out>`] : []),
    '  </testsuite>',
  ].join('\n');
}

function caseXml(suite: string, { name, durationMs, outcome }: TestCase): string {
  const open = `    <testcase classname="${attribute(suite)}" name="${attribute(name)}" time="${seconds(durationMs)}"`;
  if (!outcome) return `${open}/>`;
  const { kind, message, text } = outcome;
  return `${open}>\n      <${kind} message="${attribute(message)}">${content(text)}</${kind}>\n    </testcase>`;
}

function counts(cases: readonly TestCase[]): string {
  const of = (kind: Outcome['kind']): number => cases.filter(({ outcome }) => outcome?.kind === kind).length;
  return ` tests="${cases.length}" failures="${of('failure')}" errors="${of('error')}" skipped="${of('skipped')}"`;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

// XML 1.0 has no way to write most control characters, half surrogates, U+FFFE and U+FFFF: https://www.w3.org/TR/xml/#charsets
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters in question
const NOT_XML = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;
const content = (text: string): string =>
  redactText(text)
    .toWellFormed()
    .replace(NOT_XML, '�')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;');
const attribute = (text: string): string =>
  content(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
