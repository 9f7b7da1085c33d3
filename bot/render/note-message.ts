import type { AuditRecord } from '../../pipeline/audit/audit-record.ts';
import { actorName } from '../../pipeline/ids.ts';
import type { PromotionEvent } from '../../pipeline/promotion/events.ts';
import { type Promotion, planOf } from '../../pipeline/promotion/promotion.ts';
import type { LineEvent, StageEvent } from '../../pipeline/stage/events.ts';
import type { Finding } from '../../render/finding.ts';
import { shortDigest } from '../../render/ids.ts';
import { capBlocks, fallback, LIMITS, section, sections } from './blocks.ts';
import { code, escapeEntities } from './escape.ts';
import { findingLine, type SourceLink } from './finding-lines.ts';
import { findingsIn, type RenderedMessage } from './live-message.ts';
import { type Names, signOf, stateLine, when } from './state-words.ts';

export type NoteContext = { readonly names: Names; readonly link: SourceLink };

/** What one row of the audit log says in a thread, or in the channel. */
export function eventMessage(record: AuditRecord, { names, link }: NoteContext): RenderedMessage {
  const { subject, actor, atEpochMs } = record;
  const by = actor.kind === 'person' ? code(names(actor.person), 80) : escapeEntities(actorName(actor));
  switch (subject.kind) {
    case 'promotion': {
      const { words, findings } = promotionWords(subject.event, names);
      return message(
        `${subject.promotion}: ${subject.event.kind}`,
        `${words} · ${by} · ${when(atEpochMs)}`,
        findings ?? [],
        link,
      );
    }
    case 'stage':
      return message(
        `${subject.stage}: ${subject.event.kind}`,
        `*${escapeEntities(subject.stage)}* ${stageWords(subject.event)} · ${by} · ${when(atEpochMs)}`,
        [],
        link,
      );
    case 'line':
      return message(
        `all stages: ${subject.event.kind}`,
        `${lineWords(subject.event)} · ${by} · ${when(atEpochMs)}`,
        [],
        link,
      );
    case 'refusal':
      return message('refused', `⛔ refused ${code(subject.action, 100)} · ${by}`, [subject.finding], link);
    default:
      return subject satisfies never;
  }
}

/** How a promotion ended: the one note that the whole channel sees. */
export function outcomeMessage(promotion: Promotion, { names, link }: NoteContext): RenderedMessage {
  const { id, request } = promotion;
  const digest = planOf(promotion.state)?.digest ?? request.digest;
  const what = digest ? `digest ${code(shortDigest(digest))}` : `revision ${code(request.revision.slice(0, 12))}`;
  const words = `*${escapeEntities(request.stage)}* ${code(id, 80)} (${what}): ${stateLine(promotion, names)}`;
  return message(`${request.stage}: ${id} ${signOf(promotion.state.kind).words}`, words, findingsIn(promotion), link);
}

/** Who can open a gate. The mention is the only markup in a message that is not ours alone, and it is checked to be one. */
export function askMessage(
  promotion: Promotion,
  note: {
    readonly gate: string;
    readonly reason: string;
    readonly groups: readonly string[];
    readonly untilEpochMs?: number;
  },
  mentionOf: (group: string) => string | undefined,
): RenderedMessage {
  const who = note.groups
    .map((group) => mention(mentionOf(group)) ?? `group ${code(group, 80)}`)
    .slice(0, 10)
    .join(', ');
  const plan = planOf(promotion.state);
  const what = plan ? ` for ${code(shortDigest(plan.digest))} into *${escapeEntities(promotion.request.stage)}*` : '';
  const asked =
    note.untilEpochMs === undefined
      ? `🔔 ${who}: *${escapeEntities(note.gate)}* waits for you${what}`
      : `⏰ ${who}: *${escapeEntities(note.gate)}* still waits for you${what}; it ends ${when(note.untilEpochMs)}`;
  return message(
    `${promotion.id}: ${note.gate} waits`,
    `${asked}: ${code(note.reason, 600)}${plan ? `\n*Blast radius* ${code(plan.blastRadius, 1_000)}` : ''}`,
    [],
    () => undefined,
  );
}

const mention = (userGroup: string | undefined): string | undefined =>
  userGroup !== undefined && /^S[A-Z0-9]{2,20}$/.test(userGroup) ? `<!subteam^${userGroup}>` : undefined;

function message(title: string, words: string, findings: readonly Finding[], link: SourceLink): RenderedMessage {
  const blocks = [section(words)];
  if (findings.length > 0)
    blocks.push(
      ...(sections(
        findings.map((finding) => findingLine(finding, link, undefined)),
        { sections: 6, noun: 'finding' },
      ) as typeof blocks),
    );
  return { text: fallback(title), blocks: capBlocks(blocks, LIMITS.blocksOfMessage) };
}

type Told = { readonly words: string; readonly findings?: readonly Finding[] };

function promotionWords(event: PromotionEvent, names: Names): Told {
  const because = (reason: string): string => (reason.trim() === '' ? '' : `: ${code(reason, 800)}`);
  switch (event.kind) {
    case 'requested':
      return {
        words: `🙋 requested${because(event.request.reason)}${event.behind ? `, queued behind ${code(event.behind, 80)}` : ''}`,
      };
    case 'dequeued':
      return { words: '▶️ its turn' };
    case 'planned':
      return {
        words: `📝 planned ${code(shortDigest(event.plan.digest))}: ${code(event.plan.summary, 800)}\n*Blast radius* ${code(event.plan.blastRadius, 800)}`,
        findings: event.plan.findings,
      };
    case 'verified': {
      const { verdict, cells } = event.verdict;
      const icon = { pass: '✅', fail: '⛔', inconclusive: '❓' }[verdict];
      const each = cells
        .slice(0, 40)
        .map(({ envoy, verdict: v, cached }) => code(`${envoy} ${v}${cached ? ' (proved before)' : ''}`, 60));
      return { words: `${icon} matrix: *${verdict}*, ${cells.length} cells: ${each.join(' ')}` };
    }
    case 'approved':
      return { words: `👍 approved by ${code(names(event.approval.by), 80)}${because(event.approval.comment)}` };
    case 'push-intended':
      return {
        words: `📤 all gates are open; approved by ${
          event.approvedBy
            .slice(0, 10)
            .map((person) => code(names(person), 80))
            .join(', ') || 'nobody, as none is asked for'
        }`,
      };
    case 'pushed':
      return { words: `📦 pushed: the target is at ${code(event.targetVersion, 100)}` };
    case 'base-moved':
      return {
        words: `🔁 somebody else moved the target to ${code(event.saw, 100)}: planned and verified again, approvals have lapsed`,
      };
    case 'observed-healthy':
      return { words: '💚 the fleet took it, and is no worse' };
    case 'observed-harm':
      return { words: '💥 the fleet got worse', findings: event.findings };
    case 'observed-nothing':
      return { words: '❓ nobody could tell how the fleet takes it: people decide', findings: event.findings };
    case 'accepted':
      return { words: `👍 taken by ${code(names(event.by), 80)}${because(event.reason)}` };
    case 'rollback-ordered':
      return { words: `↩️ rollback ordered${because(event.reason)}` };
    case 'failed':
      return { words: `⚠️ could not go on while ${event.during}: ${code(event.message, 1_200)}` };
    case 'retried':
      return { words: '🔁 retried' };
    case 'glass-broken':
      return {
        words: `🚨 *glass broken* for ${event.gates.map((gate) => code(gate, 40)).join(', ')}${because(event.reason)}. A second person must confirm by ${when(event.confirmByEpochMs)}`,
      };
    case 'glass-confirmed':
      return { words: `🔓 broken glass confirmed by ${code(names(event.by), 80)}` };
    case 'glass-lapsed':
      return { words: '⌛ nobody confirmed the broken glass in time: it is undone' };
    case 'expired':
      return { words: '⌛ nobody decided in time' };
    case 'rejected':
      return { words: `⛔ rejected${because(event.reason)}`, findings: event.findings };
    case 'cancelled':
      return { words: `🚫 cancelled${because(event.reason)}` };
    case 'superseded':
      return { words: `⏭️ superseded by ${code(event.by, 80)}` };
    case 'rolled-back':
      return { words: `⏪ rolled back: the target is at ${code(event.targetVersion, 100)}` };
    default:
      return event satisfies never;
  }
}

function stageWords(event: StageEvent): string {
  switch (event.kind) {
    case 'landed':
      return `✅ has ${code(shortDigest(event.landed.digest))}`;
    case 'held':
      return `🔒 is held: ${code(event.reason, 800)}. Nothing moves it until a person releases it`;
    case 'released':
      return `🔓 is released: ${code(event.reason, 800)}`;
    case 'frozen':
      return `🧊 is frozen: ${code(event.reason, 800)}`;
    case 'unfrozen':
      return `🌤️ is no longer frozen: ${code(event.reason, 800)}`;
    case 'drift-found':
      return `🌀 drifts (${event.drift.kind}): saw ${code(event.drift.saw, 400)}; want ${code(event.drift.want ? shortDigest(event.drift.want) : '', 80)}. ${code('reconcile')} or ${code('adopt')}`;
    case 'drift-ended':
      return `🌀 no longer drifts: ${event.how}`;
    case 'numbered':
      return `counts ${event.counter}`;
    default:
      return event satisfies never;
  }
}

function lineWords(event: LineEvent): string {
  switch (event.kind) {
    case 'stopped':
      return `🛑 *all stages are stopped*: ${code(event.reason, 800)}`;
    case 'resumed':
      return `▶️ *all stages go on*: ${code(event.reason, 800)}`;
    default:
      return event satisfies never;
  }
}
