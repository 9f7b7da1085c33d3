import type { ServicesReport } from '../generators/followed-services.ts';
import type { GeneratorView } from '../generators/generated-services.ts';
import type { MetricFamily } from './prometheus-text.ts';

const SOURCE_STATES: readonly ServicesReport['state'][] = ['waiting', 'current', 'held', 'stale', 'expired'];

/** By generator alone: names of services come from outside, and would be a series each. */
export const generatorMetrics = (views: readonly GeneratorView[]): readonly MetricFamily[] => [
  {
    name: 'meshgate_generator_services',
    help: 'Services that a generator found: served, and left out with a reason.',
    type: 'gauge',
    samples: views.flatMap(({ generator, services, leftOut }) => [
      { labels: { generator, state: 'served' }, value: services.length },
      { labels: { generator, state: 'left_out' }, value: leftOut.length },
    ]),
  },
  {
    name: 'meshgate_generator_source_state',
    help: 'What a generator has of its source: 1 for one of waiting, current, held, stale and expired.',
    type: 'gauge',
    samples: views.flatMap(({ generator, source }) =>
      SOURCE_STATES.map((state) => ({ labels: { generator, state }, value: source.state === state ? 1 : 0 })),
    ),
  },
];
