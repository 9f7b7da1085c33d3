import type { Client } from '../../client/client.ts';
import type { ScriptSettings } from '../script/run-script.ts';

/** Everything that running a check needs from outside. */
export type CheckDeps = {
  /** Its connections are kept from check to check. */
  readonly client: Client;
  /** A new id at each call, unique within the cell: requests are told apart by it. */
  readonly newRequestId: () => string;
  readonly scripts: ScriptSettings;
  readonly deadlines?: Partial<CheckDeadlines>;
};

/** How long the runner waits for what Envoy does in its own time; each is over as soon as it has seen what it waits for. */
export type CheckDeadlines = {
  /** Until hosts turn healthy or unhealthy. Default 10,000. */
  readonly healthMs: number;
  /** Until counters and copies (shadow traffic) have caught up with the answers. Default 2,000. */
  readonly settleMs: number;
  /** Until access logs are written. Default 5,000. */
  readonly accessLogMs: number;
  /** Until spans reach a collector: Envoy keeps them back for 5 s unless its runtime says otherwise. Default 8,000. */
  readonly spanMs: number;
};
const DEFAULT_DEADLINES: CheckDeadlines = {
  healthMs: 10_000,
  settleMs: 2_000,
  accessLogMs: 5_000,
  spanMs: 8_000,
};
export const deadlinesOf = ({ deadlines }: CheckDeps): CheckDeadlines => ({ ...DEFAULT_DEADLINES, ...deadlines });
