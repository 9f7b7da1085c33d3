import { test } from 'vitest';
import { CASES, routesLeadSomewhere } from './mesh-histories.ts';

// One that fails is not made smaller here, which takes minutes; what it says repeats it.
test.each(CASES)('%s, %s: what a route leads to is there at every moment', (variant, streams) =>
  routesLeadSomewhere(variant, streams, { numRuns: 120, seed: 5, endOnFailure: true }),
);
