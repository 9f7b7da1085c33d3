import type { Promotion } from '../../pipeline/promotion/promotion.ts';
import type { LineRecord, StageRecord } from '../../pipeline/stage/stage-record.ts';
import { type Digest, type StageName, shortDigest } from '../../render/ids.ts';
import { type FleetCounts, NEED_KINDS, type Need } from '../api/types/stages.ts';
import type { Standing } from './promotion-policy.ts';

export type NeedsOfStage = {
  readonly record: StageRecord;
  readonly open: readonly { readonly promotion: Promotion; readonly standing: Standing }[];
  readonly fleet: FleetCounts;
  /** Since when the first of those that refuse does so; without meaning where none does. */
  readonly refusedSinceEpochMs: number;
};

/** What goes on only when a person does something, the most pressing first. */
export function needsOf(stages: readonly NeedsOfStage[], { stopped }: LineRecord): readonly Need[] {
  const found = stages.flatMap((stage) => [...stage.open.flatMap(ofPromotion), ...ofStage(stage)]);
  if (stopped)
    found.push({
      kind: 'stopped',
      words: `all stages are stopped by ${stopped.by}: ${stopped.reason}`,
      owners: [],
      sinceEpochMs: stopped.sinceEpochMs,
      ways: [{ command: 'resume', does: 'lets all stages move again' }],
    });
  const rank = ({ kind }: Need): number => NEED_KINDS.indexOf(kind);
  return found.toSorted((a, b) => rank(a) - rank(b) || a.sinceEpochMs - b.sinceEpochMs);
}

function ofPromotion({ promotion, standing }: NeedsOfStage['open'][number]): readonly Need[] {
  const { id, request, state, glass } = promotion;
  const { why, gates } = standing;
  const about = { stage: request.stage, promotion: id };
  const until = why ? { untilEpochMs: why.deadline.atEpochMs } : {};
  const own = { ...about, owners: why?.owners ?? [], sinceEpochMs: state.sinceEpochMs, ...until };
  const needs: Need[] = [];
  const ways = why?.waysOut ?? [];
  const reasons = (why?.reasons ?? []).join('; ');
  if (state.kind === 'undecided') needs.push({ ...own, kind: 'undecided', words: `${id}: ${reasons}`, ways });
  if (state.kind === 'errored') needs.push({ ...own, kind: 'errored', words: `${id}: ${reasons}`, ways });
  if (glass && glass.confirmedBy === undefined)
    needs.push({
      ...own,
      kind: 'unconfirmed',
      words: `${id}: ${glass.by} broke the glass of ${glass.gates.join(', ')} (${glass.reason}); a second person confirms`,
      owners: standing.policy?.roles['break-glass'] ?? [],
      untilEpochMs: glass.confirmByEpochMs,
      ways: ways.filter(({ command }) => command.startsWith('confirm ')),
    });
  const asked = gates.flatMap(({ gate, state: said }) =>
    said.kind === 'waiting' && (gate === 'approvals' || gate === 'owners') ? [said] : [],
  );
  if (asked.length > 0)
    needs.push({
      ...own,
      kind: 'approve',
      words: `${id}: ${asked.map(({ reason }) => reason).join('; ')}`,
      owners: [...new Set(asked.flatMap(({ owners }) => [...owners.groups, ...owners.people]))],
      ways: ways.filter(({ command }) => /^(approve|reject) /.test(command)),
    });
  return needs;
}

function ofStage({ record, fleet, refusedSinceEpochMs }: NeedsOfStage): readonly Need[] {
  const { name: stage, hold, drift, freeze } = record;
  const needs: Need[] = [];
  if (hold)
    needs.push({
      kind: 'hold',
      stage,
      ...(hold.promotion === undefined ? {} : { promotion: hold.promotion }),
      words: `${stage} is held: ${hold.reason}`,
      owners: [],
      sinceEpochMs: hold.sinceEpochMs,
      ways: [{ command: `release ${stage}`, does: 'lets the stage move again' }],
    });
  if (drift)
    needs.push({
      kind: 'drift',
      stage,
      words: `${stage} has drifted (${drift.kind}): saw ${shortened(drift.saw)}, want ${drift.want === undefined ? 'nothing' : shortDigest(drift.want)}`,
      owners: [],
      sinceEpochMs: drift.sinceEpochMs,
      ways: driftWays(stage),
    });
  if (fleet.refused > 0)
    needs.push({
      kind: 'refused',
      stage,
      words: `${fleet.refused} of ${fleet.connected} Envoys of ${stage} refuse what they are served`,
      owners: [],
      sinceEpochMs: refusedSinceEpochMs,
      ways: [],
    });
  if (freeze)
    needs.push({
      kind: 'frozen',
      stage,
      words: `${stage} is frozen by ${freeze.by}: ${freeze.reason}`,
      owners: [],
      sinceEpochMs: freeze.sinceEpochMs,
      ways: [{ command: `unfreeze ${stage}`, does: 'lets the stage move again' }],
    });
  return needs;
}

const driftWays = (stage: StageName): Need['ways'] => [
  { command: `reconcile ${stage}`, does: 'puts back what is promoted' },
  { command: `adopt ${stage}`, does: 'takes what is there as a promotion, and proves it' },
];

const shortened = (text: string): string =>
  text.replaceAll(/\b[0-9a-f]{64}\b/g, (digest) => shortDigest(digest as Digest));
