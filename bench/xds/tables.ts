import type { RunFigures } from './one-run.ts';
import { CONTESTANTS } from './peers.ts';
import { type Judged, judge, kibibytesPerStream, type Row, TARGETS } from './ratios.ts';

/** The figures of all rows as a table in Markdown; each cell in the order of `CONTESTANTS`, `–` where a server did not get through. */
export function figuresTable(rows: readonly Row[]): string {
  const head = [
    'C',
    'N',
    'protocol',
    'first config, ms',
    'CPU s',
    'RSS MiB',
    'KiB per stream',
    'MB sent',
    'change, ms',
    'CPU ms',
    'KB sent',
  ];
  const lines = rows.map(({ case: { clusters, streams, protocol }, figures }) => {
    const cell = (of: (figures: RunFigures) => string): string =>
      CONTESTANTS.map((whose) => {
        const its = figures.get(whose);
        return its ? of(its) : '–';
      }).join(' / ');
    return [
      grouped(clusters),
      grouped(streams),
      protocol,
      cell(({ fullMs }) => grouped(Math.round(fullMs))),
      cell(({ fullCpuSeconds }) => fullCpuSeconds.toFixed(2)),
      cell(({ residentMebibytes }) => grouped(Math.round(residentMebibytes))),
      cell((its) => grouped(Math.round(kibibytesPerStream(its, streams)))),
      cell(({ fullBytes }) => (fullBytes / 1e6).toFixed(1)),
      cell(({ changeMs }) => short(changeMs)),
      cell(({ changeCpuSeconds }) => short(changeCpuSeconds * 1_000)),
      cell(({ changeBytes }) => grouped(Math.round(changeBytes / 1e3))),
    ];
  });
  return tableOf(head, lines);
}

/** What each row says of each target, as a table in Markdown. */
export function targetsTable(rows: readonly Row[]): string {
  const head = TARGETS.map(({ what, against, kind }) =>
    kind === 'times-less' ? `${what}: ${against} ÷ Meshgate` : `${what}: Meshgate ÷ ${against}`,
  );
  const lines = rows.map((row) => {
    const { clusters, streams, protocol } = row.case;
    const judged = TARGETS.map((target) => wordsOf(judge(target, row), target.kind === 'times-less' ? '≥' : '≤'));
    return [grouped(clusters), grouped(streams), protocol, ...judged];
  });
  return tableOf(['C', 'N', 'protocol', ...head], lines);
}

/** One line: how many targets held, how many did not, of how many nobody could tell. */
export function summaryOf(rows: readonly Row[]): string {
  const all = rows.flatMap((row) => TARGETS.map((target) => judge(target, row).kind));
  const count = (kind: Judged['kind']): number => all.filter((one) => one === kind).length;
  return `${all.length} targets: ${count('held')} held, ${count('missed')} missed, ${count('unknown')} not known`;
}

const wordsOf = (judged: Judged, sign: '≥' | '≤'): string => {
  if (judged.kind === 'unknown') return `– (${sign} ${judged.bound})`;
  const { kind, ratio, bound } = judged;
  if (kind === 'held') return `${ratio >= 9.95 ? ratio.toFixed(0) : ratio.toFixed(1)} (${sign} ${bound})`;
  // Rounded away from the bound: a miss must not read like the bound itself.
  const shown = (sign === '≥' ? Math.floor(ratio * 10) : Math.ceil(ratio * 10)) / 10;
  return `${shown.toFixed(1)} **missed** (${sign} ${bound})`;
};

const tableOf = (head: readonly string[], lines: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const short = (value: number): string => (value >= 9.95 ? grouped(Math.round(value)) : value.toFixed(1));
export const grouped = (value: number): string => value.toLocaleString('en-GB');
