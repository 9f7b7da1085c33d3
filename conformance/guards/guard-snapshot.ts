import type { Finding } from '../../render/finding.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { findingsOf, type GuardContext } from './snapshot-rule.ts';
import { SNAPSHOT_RULES } from './snapshot-rules.ts';

/**
 * Every guard over `snapshot`, all findings at once. With `context.live` also those over the way from there to here (panic mode).
 * Never throws for what the snapshot holds: bodies are canonical, but may be as strange as their author likes.
 */
export const guardSnapshot = (snapshot: Snapshot, context: GuardContext): readonly Finding[] =>
  SNAPSHOT_RULES.flatMap((rule) => findingsOf(rule, snapshot, context));
