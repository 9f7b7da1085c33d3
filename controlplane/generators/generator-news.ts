import type { Generated, LeftOutService } from './generate.ts';
import { LONGEST_SHOWN } from './generator-findings.ts';

/** Lines for services of one generator that are left out at one moment. */
const MOST_SAID = 20;

/** What became of services since the last time, in words. */
export function generatorNews(before: Generated | undefined, now: Generated): readonly string[] {
  const was = new Set(before?.instances.map(keyOf));
  const is = new Set(now.instances.map(keyOf));
  const wasOut = new Map(before?.leftOut.map((one) => [keyOf(one), causeOf(one)]));
  const newlyOut = Map.groupBy(
    now.leftOut.filter((one) => wasOut.get(keyOf(one)) !== causeOf(one)),
    ({ generator }) => generator,
  );
  return [
    ...now.instances
      .filter((one) => !was.has(keyOf(one)))
      .map(({ generator, service }) => `generator ${generator}: service ${service} is served`),
    ...(before?.instances ?? [])
      .filter((one) => !is.has(keyOf(one)))
      .map(({ generator, service }) => `generator ${generator}: service ${service} is served no more`),
    ...[...newlyOut].flatMap(([generator, those]) => [
      ...those
        .slice(0, MOST_SAID)
        .map((one) => `generator ${generator}: service ${shown(one)} is left out: ${reasonOf(one)}`),
      ...(those.length > MOST_SAID
        ? [`generator ${generator}: ${those.length - MOST_SAID} more services are left out`]
        : []),
    ]),
  ];
}

const keyOf = ({ generator, service }: { readonly generator: string; readonly service: string }): string =>
  `${generator} ${service}`;

/** A name may be anything. */
const shown = ({ service }: LeftOutService): string => JSON.stringify(service.slice(0, LONGEST_SHOWN));

const worstOf = ({ findings }: LeftOutService) => findings.find(({ severity }) => severity === 'error') ?? findings[0];

/** How many services a full generator knows is no news of each that it has no room for. */
const causeOf = (one: LeftOutService): string =>
  worstOf(one)?.rule === 'generator-full' ? 'generator-full' : reasonOf(one);

const reasonOf = (one: LeftOutService): string => {
  const worst = worstOf(one);
  return worst ? `${worst.rule}: saw ${worst.saw}; want ${worst.want}` : 'without a reason';
};
