import type { HomeView, KnownBlock } from '@slack/types';
import type { Promotion } from '../../pipeline/promotion/promotion.ts';
import type { LineRecord, StageRecord } from '../../pipeline/stage/stage-record.ts';
import { shortDigest } from '../../render/ids.ts';
import { capBlocks, context, header, LIMITS, section, sections } from './blocks.ts';
import { buttonOf, decisionsIn } from './buttons.ts';
import { code, escapeEntities } from './escape.ts';
import { type Names, stateLine, when } from './state-words.ts';

export type HomeData = {
  readonly stages: readonly StageRecord[];
  readonly line: LineRecord;
  readonly open: readonly Promotion[];
  /** Promotions that this person can act on, with what for. */
  readonly waiting: readonly { readonly promotion: Promotion; readonly reasons: readonly string[] }[];
  readonly names: Names;
  readonly command: string;
  readonly nowEpochMs: number;
};

/** So many stages and promotions are shown; the rest is counted. */
const MOST = 20;

/** The board of stages, and what waits for the reader. Pure; re-rendered when it is opened. */
export function homeView(data: HomeData): HomeView {
  const { stages, line, open, waiting, names, nowEpochMs } = data;
  const blocks: KnownBlock[] = [];
  if (line.stopped)
    blocks.push(
      section(
        `🛑 *All stages are stopped* by ${code(names(line.stopped.by), 80)} since ${when(line.stopped.sinceEpochMs)}: ${code(line.stopped.reason, 800)}`,
      ),
    );
  blocks.push(header('Waiting for me'));
  if (waiting.length === 0) blocks.push(context(['Nothing.']));
  for (const { promotion, reasons } of waiting.slice(0, MOST)) {
    const asked = reasons
      .slice(0, 4)
      .map((reason) => code(reason, 200))
      .join(' · ');
    blocks.push(
      section(
        `*${escapeEntities(promotion.request.stage)}* ${code(promotion.id, 80)}${asked === '' ? '' : `: ${asked}`}`,
      ),
    );
    const decisions = decisionsIn(promotion, false).filter((decision) => decision !== 'cancel');
    if (decisions.length > 0)
      blocks.push({ type: 'actions', elements: decisions.map((decision) => buttonOf(promotion, decision)) });
  }
  if (waiting.length > MOST) blocks.push(context([`… ${waiting.length - MOST} more`]));
  blocks.push(header('Stages'));
  blocks.push(
    ...sections(
      stages.map((stage) => stageLine(stage, names)),
      { sections: 6, noun: 'stage' },
    ),
  );
  if (stages.length === 0) blocks.push(context(['No stages are known yet.']));
  blocks.push(header('On the way'));
  if (open.length === 0) blocks.push(context(['Nothing.']));
  blocks.push(
    ...sections(
      open.map(
        (promotion) =>
          `*${escapeEntities(promotion.request.stage)}* ${code(promotion.id, 80)}: ${stateLine(promotion, names)}`,
      ),
      { sections: 8, noun: 'promotion' },
    ),
  );
  blocks.push(context([`${code(`${data.command} help`)} · as of ${when(nowEpochMs)}`]));
  return { type: 'home', blocks: capBlocks(blocks, LIMITS.blocksOfView) };
}

function stageLine({ name, live, hold, freeze, drift }: StageRecord, names: Names): string {
  const has = live
    ? `${code(shortDigest(live.digest))} of revision ${code(live.revision.slice(0, 12))} since ${when(live.atEpochMs)}`
    : 'nothing yet';
  const marks = [
    hold ? `🔒 held since ${when(hold.sinceEpochMs)}: ${code(hold.reason, 300)}` : undefined,
    freeze
      ? `🧊 frozen by ${code(names(freeze.by), 80)} since ${when(freeze.sinceEpochMs)}: ${code(freeze.reason, 300)}`
      : undefined,
    drift ? `🌀 drifts (${drift.kind}): saw ${code(drift.saw, 200)}` : undefined,
  ].filter((mark) => mark !== undefined);
  return [`*${escapeEntities(name)}* ${has}`, ...marks.map((mark) => `      ${mark}`)].join('\n');
}
