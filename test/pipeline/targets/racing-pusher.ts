import { createInterface } from 'node:readline';
import type { TargetVersion } from '../../../pipeline/ids.ts';
import { type OpenTargetOptions, openTarget } from '../../../pipeline/targets/open-target.ts';
import type { StageTarget } from '../../../render/config/mesh-config.ts';
import { deliveryOf } from './deliveries.ts';

/**
 * A process of its own that pushes when told: its argument is where to, each line of its input a push, each line of its output
 * the result. `test/pipeline/targets/racers.ts` starts several.
 */
const [where = ''] = process.argv.slice(2);
const { target, options } = JSON.parse(where) as { target: StageTarget; options: OpenTargetOptions };
const opened = await openTarget(target, options);
process.stdout.write('"ready"\n');
for await (const line of createInterface({ input: process.stdin })) {
  const { promotion, expected } = JSON.parse(line) as { promotion: string; expected: TargetVersion };
  const answer = await opened
    .push(deliveryOf(promotion), expected)
    .catch((error: Error) => ({ kind: 'failed', problem: error.message }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await opened[Symbol.asyncDispose]();
