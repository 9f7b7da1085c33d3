import type { PersonId } from '../../pipeline/ids.ts';
import type { Promotion } from '../../pipeline/promotion/promotion.ts';
import type { PipelineReader } from '../../pipeline/store/pipeline-store.ts';
import type { Insight } from '../insight.ts';
import type { Log } from '../log.ts';
import { capBlocks, fallback, LIMITS, section } from '../render/blocks.ts';
import { codeBlock, visible } from '../render/escape.ts';
import type { SourceLink } from '../render/finding-lines.ts';
import type { RenderedMessage } from '../render/live-message.ts';
import { askMessage, eventMessage, outcomeMessage } from '../render/note-message.ts';
import type { BotTiming } from '../settings.ts';
import { wordsOf } from '../slack/call.ts';
import type { Place, Poster } from '../slack/poster.ts';
import type { LiveRow, LiveRows, OpenNote } from './live-rows.ts';
import { type Pass, pauseFor } from './pass.ts';
import { type DisplayNames, peopleIn } from './viewer.ts';

export type NotePorts = {
  readonly rows: LiveRows;
  readonly read: PipelineReader;
  readonly insight: Insight;
  readonly poster: Poster;
  readonly names: DisplayNames;
  readonly link: SourceLink;
  readonly clock: { nowEpochMs(): number };
  readonly timing: BotTiming;
  readonly log: Log;
};

/** Posts what waits for one thread, in order, each once. Undefined: all of it is posted. */
export type NotePoster = (row: LiveRow, place: Place, promotion: Promotion | undefined) => Promise<Pass | undefined>;

/** A diff up to this length stands in the message; a longer one is a file. */
const INLINE_DIFF = 2_000;
/** Slack takes more; nobody reads it. */
const LONGEST_FILE = 900_000;

export const notePoster =
  (ports: NotePorts): NotePoster =>
  async (row, place, promotion) => {
    for (const note of await ports.rows.notes(row)) {
      const failed = await postOne(row, place, promotion, note, ports);
      if (failed) return failed;
    }
    return undefined;
  };

async function postOne(
  row: LiveRow,
  place: Place,
  promotion: Promotion | undefined,
  note: OpenNote,
  ports: NotePorts,
): Promise<Pass | undefined> {
  const { rows, poster, clock, timing, log } = ports;
  if (note.attemptedEpochMs !== undefined) {
    const wait = note.attemptedEpochMs + timing.callMs + timing.graceMs - clock.nowEpochMs();
    if (wait > 0 && wait <= timing.callMs + timing.graceMs) return { kind: 'again', afterMs: wait };
    const found = await poster.find(place, note.key, note.attemptedEpochMs);
    if (found.kind !== 'ok') return pauseFor(found, `looking for ${note.key}`);
    if (found.value !== undefined) {
      await rows.notePosted(note, found.value);
      return undefined;
    }
  }
  const { message, file } = await render(note, promotion, ports);
  const startedAt = clock.nowEpochMs();
  if (!(await rows.noteAttempted(row, note, startedAt))) return { kind: 'again', afterMs: 0 };
  if (clock.nowEpochMs() - startedAt > timing.leaseMs / 3) return { kind: 'again', afterMs: 0 };
  // The file goes first: the note that is keyed says that it is there.
  if (file && !note.hasFile && place.threadTs !== undefined) {
    const uploaded = await poster.file(place, file);
    if (uploaded.kind === 'later') {
      await rows.noteAttempted(row, note, undefined);
      return pauseFor(uploaded, `posting ${file.name}`);
    }
    if (uploaded.kind !== 'ok') log('warn', `${note.key}: ${file.name}: ${wordsOf(uploaded)}`);
    else await rows.noteHasFile(note);
  }
  const posted = await poster.post(place, note.key, message, { broadcast: note.note.kind === 'outcome' });
  if (posted.kind === 'ok') {
    await rows.notePosted(note, posted.value);
    return undefined;
  }
  if (posted.kind !== 'unknown') await rows.noteAttempted(row, note, undefined);
  // The text itself is refused: it would be refused for ever, and hold up what comes after it.
  if (posted.kind === 'refused' && HOPELESS.has(posted.error)) {
    log('error', `${note.key} is not posted: ${wordsOf(posted)}`);
    await rows.noteGivenUp(note, wordsOf(posted));
    return undefined;
  }
  return pauseFor(posted, `posting ${note.key}`);
}

const HOPELESS = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_too_long',
  'msg_blocks_too_long',
  'no_text',
  'metadata_too_large',
]);

type Rendered = {
  readonly message: RenderedMessage;
  readonly file?: { readonly name: string; readonly title: string; readonly text: string };
};

async function render({ note, key }: OpenNote, promotion: Promotion | undefined, ports: NotePorts): Promise<Rendered> {
  const people: PersonId[] = promotion ? [...peopleIn(promotion)] : [];
  if (note.kind === 'event') {
    const [record] = await ports.read.audit(note.seq, 1);
    if (!record) throw new Error(`row ${note.seq} of the audit log is gone`);
    if (record.actor.kind === 'person') people.push(record.actor.person);
    if (
      record.subject.kind === 'promotion' &&
      'by' in record.subject.event &&
      typeof record.subject.event.by === 'string'
    )
      people.push(record.subject.event.by as PersonId);
    const context = { names: await ports.names.of(people), link: ports.link };
    const message = eventMessage(record, context);
    if (record.subject.kind !== 'promotion' || record.subject.event.kind !== 'planned') return { message };
    return withDiff(message, record.subject.promotion, await ports.read.evidence(record.subject.event.plan.diff));
  }
  if (!promotion) throw new Error(`${key} belongs to no promotion`);
  if (note.kind === 'outcome')
    return { message: outcomeMessage(promotion, { names: await ports.names.of(people), link: ports.link }) };
  const policy = await ports.insight.policy(promotion);
  const mentionOf = (group: string): string | undefined =>
    policy?.groups.find(({ name }) => name === group)?.slackUserGroup;
  return { message: askMessage(promotion, note, mentionOf) };
}

/** The whole plan: in the message where it is short, else as a file beside it. */
function withDiff(message: RenderedMessage, id: string, diff: string | undefined): Rendered {
  if (diff === undefined || diff.trim() === '') return { message };
  if (diff.length <= INLINE_DIFF)
    return {
      message: { ...message, blocks: capBlocks([...message.blocks, section(codeBlock(diff))], LIMITS.blocksOfMessage) },
    };
  const name = `plan-${id}.diff`;
  const text = visible(diff).slice(0, LONGEST_FILE);
  return {
    message: {
      text: fallback(`${message.text} (${name})`),
      blocks: [...message.blocks, section(`The whole diff: \`${name}\`, above.`)],
    },
    file: { name, title: name, text },
  };
}
