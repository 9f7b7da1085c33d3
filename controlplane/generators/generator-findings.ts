import type { Finding } from '../../render/finding.ts';
import type { Generator } from '../../render/generators/generator.ts';
import { NOT_YET, timeOf } from '../discovery/discovery-findings.ts';
import type { ServicesReport } from './followed-services.ts';
import type { LeftOutService } from './generate.ts';
import { SERVICE_RULES, type ServiceRule } from './rules.ts';

/** Of the name of a service that is left out, which may be anything. */
export const LONGEST_SHOWN = 200;
const NAMED = 5;

const SEVERITY = Object.fromEntries(SERVICE_RULES.map(({ code, severity }) => [code, severity])) as Record<
  ServiceRule,
  Finding['severity']
>;

/** What of a generator people should look at: of its source one finding, and of the services that break a rule one for each rule. */
export function generatorFindings(
  generator: Generator,
  report: ServicesReport,
  leftOut: readonly LeftOutService[],
): readonly Finding[] {
  return [...sourceFinding(generator, report), ...leftOutFindings(generator, leftOut)];
}

function sourceFinding(
  { name: generator, at, maxStaleMs }: Generator,
  { name, state, services, failing, floor }: ServicesReport,
): readonly Finding[] {
  const found = (rule: ServiceRule, saw: string, want: string): readonly Finding[] => [
    { rule, severity: SEVERITY[rule], at, saw, want, resource: labelOf(generator) },
  ];
  const words = failing ? `${name} fails since ${timeOf(failing.sinceEpochMs)}: ${failing.problem}` : name;
  switch (state) {
    case 'current':
      return [];
    case 'waiting':
      return found(
        'services-unanswered',
        failing ? words : `${name} ${NOT_YET}`,
        'an answer; what is promoted is served without its services',
      );
    case 'stale': {
      const until = failing ? ` until ${timeOf(failing.sinceEpochMs + maxStaleMs)}` : '';
      return found('services-stale', words, `an answer; its ${services} last known services are served${until}`);
    }
    case 'expired':
      return found('services-expired', words, 'an answer; its services are not served any more, as max_stale wants it');
    case 'held':
      return found(
        'services-floor',
        `${name} gives ${floor?.given ?? 0} services${floor ? `, which is believed at ${timeOf(floor.untilEpochMs)} if it stands` : ''}`,
        `not less than the floor at once; ${floor?.kept ?? 0} services that it does not give any more are kept`,
      );
    default:
      return state satisfies never;
  }
}

/** A thousand services over `max_services` are one thing to look at. */
function leftOutFindings(generator: Generator, leftOut: readonly LeftOutService[]): readonly Finding[] {
  const reasons = leftOut.flatMap(({ service, findings }) => {
    const reason = findings.find(({ severity }) => severity === 'error') ?? findings[0];
    return reason ? [{ service, reason }] : [];
  });
  return [...Map.groupBy(reasons, ({ reason }) => reason.rule)].flatMap(([rule, alike]) => {
    const [first] = alike;
    if (!first) return [];
    const { at, via, saw, want } = first.reason;
    const names = alike.slice(0, NAMED).map(({ service }) => JSON.stringify(service.slice(0, LONGEST_SHOWN)));
    const more = alike.length > NAMED ? ` and ${alike.length - NAMED} more` : '';
    return [
      {
        rule: 'services-left-out',
        severity: SEVERITY['services-left-out'],
        at,
        saw: `${names.join(', ')}${more}: ${rule}: ${saw}`,
        want,
        resource: labelOf(generator.name),
        ...(via ? { via } : {}),
      },
    ];
  });
}

const labelOf = (generator: string): string => `generator ${generator}`;
