import type { StageTarget } from '../../../render/config/mesh-config.ts';
import { contractBench } from './contract/bench.ts';
import { holdingContract } from './contract/holding.ts';
import { swappingContract } from './contract/swapping.ts';
import { watchingContract } from './contract/watching.ts';
import type { Store } from './target-store.ts';

/** What every kind of target promises, asked of the real thing. */
export function targetContract(kind: StageTarget['kind'], theStore: () => Store): void {
  const bench = contractBench(theStore);
  holdingContract(bench, kind);
  swappingContract(bench);
  watchingContract(bench, kind);
}
