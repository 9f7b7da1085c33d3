import type { AuditSubject } from '../../pipeline/audit/audit-record.ts';
import { shortRevision } from '../../pipeline/commands/answers.ts';
import { actorName } from '../../pipeline/ids.ts';
import type { PromotionEvent } from '../../pipeline/promotion/events.ts';
import type { LineEvent, StageEvent } from '../../pipeline/stage/events.ts';
import { type Digest, shortDigest } from '../../render/ids.ts';

const withReason = (words: string, reason: string): string => (reason === '' ? words : `${words}: ${reason}`);
const named = (digest: Digest | undefined): string => (digest === undefined ? 'nothing' : shortDigest(digest));

/** What a row of the audit log tells, in one line of plain words. Exhaustive: a new kind of event has words, or does not compile. */
export function eventWords(subject: AuditSubject): string {
  switch (subject.kind) {
    case 'promotion':
      return promotionWords(subject.event);
    case 'stage':
      return stageWords(subject.event);
    case 'line':
      return lineWords(subject.event);
    case 'refusal':
      return `${subject.action} was refused: ${subject.finding.saw}; want ${subject.finding.want}`;
    default:
      return subject satisfies never;
  }
}

function promotionWords(event: PromotionEvent): string {
  switch (event.kind) {
    case 'requested': {
      const { purpose, revision, digest, stage, reason } = event.request;
      const what = digest === undefined ? `revision ${shortRevision(revision)}` : `digest ${shortDigest(digest)}`;
      const asked = `${purpose === 'rollback' ? 'roll back to' : 'promote'} ${what} in ${stage}`;
      return withReason(event.behind === undefined ? asked : `${asked}, behind ${event.behind}`, reason);
    }
    case 'dequeued':
      return 'nothing is before it any more';
    case 'planned':
      return `planned: ${event.plan.summary}; ${named(event.plan.base.digest)} → ${shortDigest(event.plan.digest)}`;
    case 'verified':
      return `verified on ${event.verdict.cells.length} Envoy versions: ${event.verdict.verdict}`;
    case 'approved':
      return withReason('approved', event.approval.comment);
    case 'rejected':
      return withReason('rejected', event.reason);
    case 'push-intended':
      return `all gates are open; approved by ${event.approvedBy.join(', ') || 'nobody, as no approval is asked for'}`;
    case 'pushed':
      return `pushed; the target is at ${event.targetVersion}`;
    case 'base-moved':
      return `the target moved to ${event.saw} meanwhile: planned and verified anew`;
    case 'observed-healthy':
      return 'the fleet took it well';
    case 'observed-harm':
      return withReason('it hurts', event.findings.map(({ saw }) => saw).join('; '));
    case 'observed-nothing':
      return withReason('nobody can tell how the fleet took it', event.findings.map(({ saw }) => saw).join('; '));
    case 'accepted':
      return withReason('stays as it is', event.reason);
    case 'rollback-ordered':
      return withReason(`taken back by ${actorName(event.by)}`, event.reason);
    case 'rolled-back':
      return `rolled back; the target is at ${event.targetVersion}`;
    case 'failed':
      return `erred during ${event.during}: ${event.message}`;
    case 'retried':
      return 'tried again';
    case 'cancelled':
      return withReason('cancelled', event.reason);
    case 'superseded':
      return `replaced by ${event.by}`;
    case 'expired':
      return 'expired';
    case 'glass-broken':
      return withReason(`broke the glass of ${event.gates.join(', ')}`, event.reason);
    case 'glass-confirmed':
      return 'confirmed the broken glass';
    case 'glass-lapsed':
      return 'nobody confirmed the broken glass in time';
    default:
      return event satisfies never;
  }
}

function stageWords(event: StageEvent): string {
  switch (event.kind) {
    case 'landed':
      return `${shortDigest(event.landed.digest)} of ${shortRevision(event.landed.revision)} is live`;
    case 'held':
      return withReason('held', event.reason);
    case 'released':
      return withReason('released', event.reason);
    case 'frozen':
      return withReason('frozen', event.reason);
    case 'unfrozen':
      return withReason('unfrozen', event.reason);
    case 'drift-found':
      return `drift (${event.drift.kind}): saw ${event.drift.saw}, want ${named(event.drift.want)}`;
    case 'drift-ended':
      return `drift ended: ${event.how}`;
    case 'numbered':
      return `the next promotion is number ${event.counter}`;
    default:
      return event satisfies never;
  }
}

function lineWords(event: LineEvent): string {
  switch (event.kind) {
    case 'stopped':
      return withReason('stopped all stages', event.reason);
    case 'resumed':
      return withReason('let all stages move again', event.reason);
    default:
      return event satisfies never;
  }
}
