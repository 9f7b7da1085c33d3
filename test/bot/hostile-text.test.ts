import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerMessage } from '../../bot/render/answer-message.ts';
import { code, codeBlock, escapeEntities, truncate } from '../../bot/render/escape.ts';
import { findingLine } from '../../bot/render/finding-lines.ts';
import { homeView } from '../../bot/render/home.ts';
import { liveMessage, type RenderedMessage } from '../../bot/render/live-message.ts';
import { reasonModal } from '../../bot/render/modals.ts';
import { askMessage, eventMessage, outcomeMessage } from '../../bot/render/note-message.ts';
import type { AuditRecord } from '../../pipeline/audit/audit-record.ts';
import type { PersonId, Revision } from '../../pipeline/ids.ts';
import type { PromotionEvent } from '../../pipeline/promotion/events.ts';
import { emptyStage, openLine } from '../../pipeline/stage/stage-record.ts';
import type { Finding } from '../../render/finding.ts';
import type { StageName } from '../../render/ids.ts';
import { isTooMuchText, problemsOfBlocks, problemsOfView } from '../slack/block-kit/validate.ts';
import type { JsonObject } from '../slack/model.ts';
import { type MrkdwnNode, mentionsIn, mrkdwnTextsIn, parseMrkdwn } from '../slack/mrkdwn.ts';
import {
  NOW,
  planned,
  promotionAfter,
  promotionIn,
  requested,
  subjectOf,
  verified,
  waitingForApproval,
} from './facts.ts';

import { link, names, viewOf } from './live-view.ts';

test('a link to a source leads nowhere else', () => {
  const at = { file: '../../evil|x>/<!channel>#a?b', line: 3, column: 1 };
  const line = findingLine({ rule: 'r', severity: 'error', at, saw: 's', want: 'w' }, link, 'f'.repeat(40) as Revision);
  expect(line).toContain('<https://git.example/mesh/blob/');
  const links = parseMrkdwn(line).filter((node) => node.kind === 'link');
  expect(links).toHaveLength(1);
  expect(links[0]?.kind === 'link' && new URL(links[0].url).origin).toBe('https://git.example');
  expect(mentionsIn(parseMrkdwn(line))).toEqual([]);
});

const NASTY = [
  '<!channel>',
  '<!here|x>',
  '<@U0ADA>',
  '<!subteam^S0RELEASE>',
  '<https://evil.example|click>',
  'https://evil.example',
  '*bold*',
  '_it_',
  '~no~',
  '`',
  '```',
  '\n> quote',
  ':rotating_light:',
  '&lt;!channel&gt;',
  '&amp;',
  '<',
  '>',
  '&',
  '\u202e',
  '\u200b',
  '\ud800',
  '\u0000',
  '😀',
  '|',
  '@here',
  '#general',
  '\t',
  'x'.repeat(50),
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 30 })), { maxLength: 12 })
  .map((parts) => parts.join(' '));
const huge = fc
  .tuple(hostile, fc.integer({ min: 0, max: 400 }))
  .map(([text, times]) => text.repeat(times).slice(0, 20_000));
const text = fc.oneof({ arbitrary: hostile, weight: 4 }, { arbitrary: huge, weight: 1 });
const finding: fc.Arbitrary<Finding> = fc.record({
  rule: text,
  severity: fc.constantFrom('error', 'warning'),
  at: fc.record({ file: text, line: fc.nat(), column: fc.nat() }),
  saw: text,
  want: text,
  resource: text,
  envoy: fc.array(text, { maxLength: 3 }),
});
const findings = fc.oneof(
  { arbitrary: fc.array(finding, { maxLength: 4 }), weight: 4 },
  { arbitrary: finding.map((one) => Array.from({ length: 300 }, () => one)), weight: 1 },
);
const person = text.map((id) => id as PersonId);
const strange = fc
  .record({
    reason: text,
    summary: text,
    blast: text,
    findings,
    by: person,
    comment: text,
    envoys: fc.array(text, { maxLength: 60 }),
    version: text,
  })
  .map(({ reason, summary, blast, findings: found, by, comment, envoys, version }): readonly PromotionEvent[] => [
    requested(reason, { kind: 'person', person: by, via: 'slack' }),
    planned({ summary, blastRadius: blast, findings: found }),
    verified({ cells: envoys.map((envoy) => ({ envoy, verdict: 'pass', cached: true })) }),
    { kind: 'glass-broken', gates: ['freeze', 'soak'], by, reason: comment, confirmByEpochMs: NOW + 3_600_000 },
    { kind: 'push-intended', onto: 't1' as never, approvedBy: [by, by] },
    { kind: 'pushed', targetVersion: version as never, atEpochMs: NOW },
    { kind: 'observed-nothing', findings: found, evidence: 'e' as never },
    { kind: 'rollback-ordered', by: { kind: 'person', person: by, via: 'slack' }, reason: comment },
  ]);

/** What Slack would say of it, and what it would do to whom. */
function complaints({ text: said, blocks }: RenderedMessage, allowedLinks: readonly string[] = []): string[] {
  const objects = blocks as unknown as JsonObject[];
  const problems = problemsOfBlocks(objects, 'message');
  if (isTooMuchText(objects)) problems.push('too much text');
  if (said.length > 4_000 || said === '') problems.push(`text of ${said.length}`);
  const nodes = [escapedOnly(said), ...mrkdwnTextsIn(blocks).flatMap(parseMrkdwn)].flat();
  for (const mention of mentionsIn(nodes)) problems.push(`mentions ${mention.source}`);
  for (const origin of linksIn(nodes)) if (!allowedLinks.includes(origin)) problems.push(`links to ${origin}`);
  if (emojiIn(nodes)) problems.push('an emoji of theirs');
  return problems;
}
const escapedOnly = (said: string): MrkdwnNode[] =>
  parseMrkdwn(said).filter((node) => 'id' in node || node.kind === 'link' || node.kind === 'broadcast');
const walk = (nodes: readonly MrkdwnNode[]): MrkdwnNode[] =>
  nodes.flatMap((node) => ('children' in node ? [node, ...walk(node.children)] : [node]));
const linksIn = (nodes: readonly MrkdwnNode[]): string[] =>
  walk(nodes).flatMap((node) => (node.kind === 'link' ? [new URL(node.url).origin] : []));
const emojiIn = (nodes: readonly MrkdwnNode[]): boolean => walk(nodes).some(({ kind }) => kind === 'emoji');
const OURS = ['https://git.example', 'https://board.example'];

test('no text of others pings, links, formats, or makes a message that Slack refuses: live messages', () => {
  fc.assert(
    fc.property(strange, text, fc.integer({ min: 1, max: 8 }), (events, other, length) => {
      const promotion = promotionAfter(events.slice(0, length));
      const cells = Array.from({ length: 60 }, () => ({ envoy: other, state: 'running' as const, cached: false }));
      const gates = [
        waitingForApproval,
        {
          gate: 'freeze' as const,
          state: {
            kind: 'waiting' as const,
            reason: other,
            untilEpochMs: NOW,
            owners: { groups: [other, other], people: [other as PersonId] },
          },
        },
        {
          gate: 'order' as const,
          state: {
            kind: 'closed' as const,
            findings: [
              {
                rule: other,
                severity: 'error' as const,
                at: { file: other, line: 1, column: 1 },
                saw: other,
                want: other,
              },
            ],
          },
        },
        { gate: 'soak' as const, state: { kind: 'skipped' as const, by: other as PersonId, instead: other } },
      ];
      expect(complaints(liveMessage(viewOf(promotion, { cells, gates, fleet: other })), OURS)).toEqual([]);
    }),
    { numRuns: 150 },
  );
}, 60_000);

test('and notes, asks, outcomes and answers', () => {
  fc.assert(
    fc.property(strange, text, findings, (events, other, found) => {
      for (const [index, event] of events.entries()) {
        const promotion = promotionAfter(events.slice(0, index + 1));
        const record = {
          seq: 1,
          atEpochMs: NOW,
          actor: { kind: 'person', person: other as PersonId, via: 'slack' },
          subject: subjectOf(event),
        } as unknown as AuditRecord;
        expect(complaints(eventMessage(record, { names, link }), OURS)).toEqual([]);
        expect(
          complaints(askMessage(promotion, { gate: 'approvals', reason: other, groups: [other, 'x'] }, () => other)),
        ).toEqual([]);
        expect(complaints(outcomeMessage(promotion, { names, link }), OURS)).toEqual([]);
      }
      const answer = {
        kind: 'refused',
        title: other,
        findings: found,
        promotion: undefined,
        blocks: [
          { kind: 'lines', lines: [other, other] },
          { kind: 'table', rows: [[other, other], [other]] },
          { kind: 'text', text: other },
        ],
      } as const;
      expect(complaints(answerMessage(answer, link), OURS)).toEqual([]);
    }),
    { numRuns: 20 },
  );
}, 60_000);

test('and the home tab and the forms', () => {
  fc.assert(
    fc.property(strange, text, (events, other) => {
      const promotion = promotionAfter(events.slice(0, 3));
      const stage = {
        ...emptyStage(other as StageName),
        freeze: { by: other as PersonId, reason: other, sinceEpochMs: NOW },
        hold: { reason: other, promotion: undefined, sinceEpochMs: NOW },
      };
      const many = <T>(one: T): T[] => Array.from({ length: 60 }, () => one);
      const view = homeView({
        stages: many(stage),
        line: { ...openLine, stopped: { by: other as PersonId, reason: other, sinceEpochMs: NOW } },
        open: many(promotion),
        waiting: many({ promotion, reasons: [other] }),
        names,
        command: '/mesh',
        nowEpochMs: NOW,
      });
      expect(problemsOfView(view as unknown as JsonObject)).toEqual([]);
      expect(mentionsIn(mrkdwnTextsIn(view).flatMap(parseMrkdwn))).toEqual([]);
      const modal = reasonModal(
        { ask: { kind: 'break-glass', promotion: 'canary-1', stage: 'canary', gates: ['freeze'] }, channel: 'C1' },
        other,
      );
      expect(problemsOfView(modal as unknown as JsonObject)).toEqual([]);
      expect(mentionsIn(mrkdwnTextsIn(modal).flatMap(parseMrkdwn))).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('the one mention that is meant is a mention; what only looks like a user group is not', () => {
  const ask = (group: string | undefined): unknown[] =>
    mentionsIn(
      mrkdwnTextsIn(
        askMessage(promotionIn('gating'), { gate: 'approvals', reason: 'r', groups: ['g'] }, () => group).blocks,
      ).flatMap(parseMrkdwn),
    );
  expect(ask('S0RELEASE')).toMatchObject([{ kind: 'usergroup', id: 'S0RELEASE' }]);
  expect(ask('S0RELEASE> <!channel')).toEqual([]);
  expect(ask(undefined)).toEqual([]);
});

test('cutting never breaks an entity or a character, and says that it cut', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.integer({ min: 10, max: 100 }), (given, limit) => {
      const shown = code(given, limit);
      expect(shown.length).toBeLessThanOrEqual(Math.max(limit + 2, '`(nothing)`'.length));
      expect(shown.replaceAll(/&(amp|lt|gt);/g, '')).not.toMatch(/[<>&]/);
      expect(shown.isWellFormed()).toBe(true);
      expect(truncate(given.toWellFormed(), limit).isWellFormed()).toBe(true);
      expect(codeBlock(given, 100).length).toBeLessThanOrEqual(110);
    }),
  );
  expect(code('a'.repeat(20), 10)).toBe(`\`${'a'.repeat(9)}…\``);
  expect(escapeEntities('<&>')).toBe('&lt;&amp;&gt;');
  expect(codeBlock(Array.from({ length: 100 }, (_, n) => `line ${n}`).join('\n'), 100)).toMatch(
    /… \d+ more lines\n```$/,
  );
});
