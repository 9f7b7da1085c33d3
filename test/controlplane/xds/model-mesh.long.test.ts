import { test } from 'vitest';
import { CASES, routesLeadSomewhere } from './mesh-histories.ts';

test.each(CASES)(
  '%s, %s: what a route leads to is there at every moment, in 3,000 histories that nobody has seen before',
  (variant, streams) => routesLeadSomewhere(variant, streams, { numRuns: 3_000, endOnFailure: true }),
  600_000,
);
