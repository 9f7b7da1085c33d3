import { createHash } from 'node:crypto';
import type { PromotionId } from '../../pipeline/ids.ts';
import { isTerminal, type Promotion } from '../../pipeline/promotion/promotion.ts';
import type { PipelineReader } from '../../pipeline/store/pipeline-store.ts';
import type { Insight } from '../insight.ts';
import type { Log } from '../log.ts';
import type { SourceLink } from '../render/finding-lines.ts';
import { liveMessage } from '../render/live-message.ts';
import type { BotTiming } from '../settings.ts';
import type { Poster } from '../slack/poster.ts';
import type { Sql } from '../store/migrate.ts';
import { questionsFor } from './ask-owners.ts';
import { addNote, type LiveRow, type LiveRows, type LiveUpdate } from './live-rows.ts';
import { type KeyedNote, LINE_SUBJECT } from './note.ts';
import { type Pass, pauseFor } from './pass.ts';
import type { NotePoster } from './post-notes.ts';
import type { Said } from './said.ts';
import { verificationSaid, verificationSubject } from './verification-said.ts';
import type { DisplayNames, Viewer } from './viewer.ts';

export type SpeakPorts = {
  readonly store: Sql;
  readonly rows: LiveRows;
  readonly insight: Insight;
  readonly read: PipelineReader;
  readonly poster: Poster;
  readonly viewer: Viewer;
  readonly names: DisplayNames;
  readonly link: SourceLink;
  /** Where promotions are announced; undefined: not known yet. */
  readonly home: () => string | undefined;
  readonly notes: NotePoster;
  readonly clock: { nowEpochMs(): number };
  readonly timing: BotTiming;
  readonly log: Log;
};

const LONGEST_PAUSE_MS = 60_000;

/**
 * Brings one message to what the record that it is about says: posts the root if there is none, edits it if it shows something else, then
 * posts what waits for its thread. Runs under the row's lease, so no two replicas do it at once; crash anywhere, and the next pass
 * goes on from what was stored.
 */
export async function speak(row: LiveRow, ports: SpeakPorts): Promise<void> {
  const { rows, timing, log } = ports;
  const pass = await onePass(row, ports).catch((error: unknown): Pass => {
    return { kind: 'pause', afterMs: 0, why: error instanceof Error ? error.message : String(error) };
  });
  if (pass.kind !== 'pause') {
    if (row.failures > 0) await rows.update(row, { failures: 0 });
    const lookAfterMs = pass.kind === 'again' ? pass.afterMs : 0;
    await rows.finish(row, { lookAfterMs, pauseMs: 0, settled: pass.kind === 'settled' });
    return;
  }
  const backoff = Math.min(LONGEST_PAUSE_MS, timing.backoffMs * 2 ** Math.min(row.failures, 10));
  log('warn', `${row.subject}: ${pass.why}`);
  await rows.update(row, { failures: row.failures + 1 });
  const pauseMs = Math.max(pass.afterMs, backoff);
  await rows.finish(row, { lookAfterMs: pauseMs, pauseMs, settled: false });
}

async function onePass(row: LiveRow, ports: SpeakPorts): Promise<Pass> {
  if (row.subject === LINE_SUBJECT) {
    const failed = await ports.notes(row, { channel: row.channel, threadTs: undefined }, undefined);
    return failed ?? { kind: 'settled' };
  }
  if (verificationSubject(row.subject) !== undefined) return passOf(row, await verificationSaid(row, ports), ports);
  const promotion = await ports.read.promotion(row.subject as PromotionId);
  if (!promotion) throw new Error('the store does not know this promotion');
  const said: Said = {
    key: `live:${promotion.id}`,
    version: promotion.version,
    isEnded: isTerminal(promotion.state),
    mayMove: false,
    render: async () => liveMessage(await ports.viewer.view(promotion)),
  };
  return passOf(row, said, ports, async (ts) => {
    for (const question of await questions(promotion, ports)) await addNote(ports.store, question);
    return ports.notes(row, { channel: row.channel, threadTs: ts }, promotion);
  });
}

async function passOf(
  row: LiveRow,
  said: Said,
  ports: SpeakPorts,
  then: (ts: string) => Promise<Pass | undefined> = async () => undefined,
): Promise<Pass> {
  const root = await ensureRoot(row, said, ports);
  if (root.kind !== 'there') return root;
  const edited = await edit(root.row, root.ts, said, ports);
  if (edited.kind === 'pause') return edited;
  return (await then(root.ts)) ?? edited;
}

async function questions(promotion: Promotion, { insight, clock }: SpeakPorts): Promise<readonly KeyedNote[]> {
  if (promotion.state.kind !== 'gating') return [];
  const gates = await insight.gates(promotion).catch(() => []);
  const deadline = await insight.deadlineEpochMs(promotion).catch(() => undefined);
  return questionsFor(promotion, gates, deadline, clock.nowEpochMs());
}

type Root = { readonly kind: 'there'; readonly ts: string; readonly row: LiveRow } | Pass;

/** Exactly one root: its post is noted before it is made, and after a crash or a lost answer it is looked for before it is made again. */
async function ensureRoot(row: LiveRow, said: Said, ports: SpeakPorts): Promise<Root> {
  const { rows, poster, clock, timing } = ports;
  if (row.ts !== undefined) return { kind: 'there', ts: row.ts, row };
  const { key } = said;
  const place = { channel: row.channel, threadTs: row.threadTs };
  if (row.attemptedEpochMs !== undefined) {
    // A post whose answer was lost may still be on its way.
    const wait = row.attemptedEpochMs + timing.callMs + timing.graceMs - clock.nowEpochMs();
    if (wait > 0 && wait <= timing.callMs + timing.graceMs) return { kind: 'again', afterMs: wait };
    const found = await poster.find(place, key, row.attemptedEpochMs);
    if (found.kind !== 'ok') return pauseFor(found, 'looking for its message');
    if (found.value !== undefined) {
      const adopted = { ts: found.value, attemptedEpochMs: null };
      return (await rows.update(row, adopted))
        ? { kind: 'there', ts: found.value, row: { ...row, ts: found.value } }
        : LOST;
    }
  }
  const rendered = await said.render();
  const startedAt = clock.nowEpochMs();
  if (!(await rows.update(row, { attemptedEpochMs: startedAt }))) return LOST;
  // A process that was stopped for long has lost its lease meanwhile, and somebody else posts.
  if (clock.nowEpochMs() - startedAt > timing.leaseMs / 3) return LOST;
  const posted = await poster.post(place, key, rendered);
  if (posted.kind === 'later' || posted.kind === 'refused') await rows.update(row, { attemptedEpochMs: null });
  const home = ports.home();
  if (posted.kind === 'refused' && said.mayMove && NOT_HERE.has(posted.error) && home && home !== row.channel)
    return (await rows.update(row, { channel: home, threadTs: null })) ? { kind: 'again', afterMs: 0 } : LOST;
  if (posted.kind !== 'ok') return pauseFor(posted, 'posting its message');
  const shown = {
    ts: posted.value,
    attemptedEpochMs: null,
    renderedHash: hashOf(rendered),
    renderedVersion: said.version,
    editedEpochMs: clock.nowEpochMs(),
  } satisfies LiveUpdate;
  if (!(await rows.update(row, shown))) return LOST;
  const { renderedHash, renderedVersion, editedEpochMs } = shown;
  const now = { renderedHash, renderedVersion, editedEpochMs, ts: posted.value, attemptedEpochMs: undefined };
  return { kind: 'there', ts: posted.value, row: { ...row, ...now } };
}

/** Newest state wins: what is shown is compared with what holds now, and nothing is ever sent twice or late by a library. */
async function edit(row: LiveRow, ts: string, said: Said, ports: SpeakPorts): Promise<Pass> {
  const { rows, poster, clock, timing } = ports;
  const now = clock.nowEpochMs();
  const done: Pass = said.isEnded ? { kind: 'settled' } : { kind: 'again', afterMs: timing.editEveryMs };
  if (said.version < row.renderedVersion) return { kind: 'again', afterMs: timing.editEveryMs };
  const rendered = await said.render();
  const hash = hashOf(rendered);
  if (hash === row.renderedHash && !row.uncertain) return done;
  // The clock may have been set back: then it is now.
  const wait = Math.min(timing.editEveryMs, row.editedEpochMs + timing.editEveryMs - now);
  if (wait > 0) return { kind: 'again', afterMs: wait };
  const result = await poster.edit(row.channel, ts, said.key, rendered);
  if (result.kind === 'refused' && result.error === 'message_not_found') {
    // Somebody deleted it: there is none, so there shall be one again.
    await rows.update(row, { ts: null, renderedHash: null as never, attemptedEpochMs: null });
    return { kind: 'again', afterMs: 0 };
  }
  if (result.kind === 'unknown') {
    await rows.update(row, { uncertain: true, editedEpochMs: now });
    return pauseFor(result, 'editing its message');
  }
  if (result.kind !== 'ok') return pauseFor(result, 'editing its message');
  // A lost edit may arrive after this one: show the newest once more when nothing can be on its way any longer.
  const settled = !row.uncertain || now - row.editedEpochMs > timing.callMs + timing.graceMs;
  const stored = await rows.update(row, {
    renderedHash: hash,
    renderedVersion: said.version,
    editedEpochMs: settled ? now : row.editedEpochMs,
    uncertain: !settled,
  });
  if (!stored) return LOST;
  return settled ? done : { kind: 'again', afterMs: timing.callMs + timing.graceMs };
}

/** A shared or direct channel that the bot is not in, or one that is closed. */
const NOT_HERE = new Set(['not_in_channel', 'channel_not_found', 'is_archived', 'restricted_action']);

const LOST: Pass = { kind: 'again', afterMs: 0 };

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
