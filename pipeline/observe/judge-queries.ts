import type { Finding } from '../../render/finding.ts';
import type { StageName } from '../../render/ids.ts';
import type { PrometheusCheck } from '../access/policy.ts';
import type { AskPrometheus, PrometheusAnswer } from './prometheus.ts';
import { type ObserveRule, observeFinding } from './rules.ts';

export type QueryQuestion = {
  readonly stage: StageName;
  readonly checks: readonly PrometheusCheck[];
  readonly ask: AskPrometheus;
  readonly signal: AbortSignal;
};

/**
 * Asks every check once before a push, so that one that can say nothing is found before anybody relies on it. Findings of severity
 * `error` are checks that cannot be judged; one that is violated already is a warning, as the push may be what mends it.
 */
export async function preflightQueries(question: QueryQuestion, nowEpochMs: number): Promise<readonly Finding[]> {
  const answers = await askAll(question, nowEpochMs);
  return answers.flatMap(({ check, answer }) => {
    if (answer.kind === 'violated')
      return finding(question.stage, 'query-violated-before', check, answer.samples.join('; '));
    return cannotTell(question.stage, check, answer);
  });
}

export type QueryJudgement = {
  readonly harm: readonly Finding[];
  readonly unknown: readonly Finding[];
  readonly figures: object;
};

/** A check that held at the push and is violated now is harm; one that was violated before, or says nothing, tells nobody anything. */
export async function judgeQueries(
  question: QueryQuestion,
  pushedAtEpochMs: number,
  nowEpochMs: number,
): Promise<QueryJudgement> {
  const { stage } = question;
  const answers = await askAll(question, nowEpochMs);
  const harm: Finding[] = [];
  const unknown: Finding[] = [];
  for (const { check, answer } of answers) {
    unknown.push(...cannotTell(stage, check, answer));
    if (answer.kind !== 'violated') continue;
    const before = await question.ask(check, pushedAtEpochMs, question.signal);
    const saw = answer.samples.join('; ');
    if (before.kind === 'violated') unknown.push(...finding(stage, 'query-violated-before', check, saw));
    else harm.push(...finding(stage, 'query-violated', check, saw));
  }
  return { harm, unknown, figures: answers.map(({ check, answer }) => ({ check: check.name, ...answer })) };
}

const askAll = ({ checks, ask, signal }: QueryQuestion, atEpochMs: number) =>
  Promise.all(checks.map(async (check) => ({ check, answer: await ask(check, atEpochMs, signal) })));

function cannotTell(stage: StageName, check: PrometheusCheck, answer: PrometheusAnswer): Finding[] {
  switch (answer.kind) {
    case 'holds':
    case 'violated':
      return [];
    case 'nothing':
      return finding(stage, 'query-matches-nothing', check, answer.problem);
    case 'invalid':
      return finding(stage, 'query-invalid', check, answer.problem);
    case 'unanswered':
      return finding(stage, 'query-unanswered', check, answer.problem);
    default:
      return answer satisfies never;
  }
}

const finding = (stage: StageName, rule: ObserveRule, check: PrometheusCheck, saw: string): Finding[] => [
  observeFinding(rule, stage, saw, `${check.query} ${check.want.op} ${check.want.value}`, {
    resource: `Prometheus check ${check.name}`,
  }),
];
