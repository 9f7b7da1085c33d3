import { median } from '../measure.ts';
import type { Case, RunFigures } from './one-run.ts';
import type { Contestant } from './peers.ts';

/** Medians of one case, by server; a server that did not get through it is missing. */
export type Row = {
  readonly case: Case;
  readonly figures: ReadonlyMap<Contestant, RunFigures>;
};

/** Each figure's median over the runs; undefined of none. */
export function medianOf(runs: readonly RunFigures[]): RunFigures | undefined {
  const [first] = runs;
  if (!first) return undefined;
  const keys = Object.keys(first) as (keyof RunFigures)[];
  return Object.fromEntries(keys.map((key) => [key, median(runs.map((run) => run[key]))])) as RunFigures;
}

/** Growth of the resident size from no stream to all, for each stream. Not below zero: a collector may give back more than streams take. */
export const kibibytesPerStream = (
  { residentMebibytes, idleMebibytes }: Pick<RunFigures, 'residentMebibytes' | 'idleMebibytes'>,
  streams: number,
): number => Math.max(0, ((residentMebibytes - idleMebibytes) * 1024) / streams);

type Figure = (figures: RunFigures, streams: number) => number;
export type Target = {
  readonly what: string;
  readonly figure: Figure;
  /** `faster cache`: whichever of go-control-plane's two caches has the smaller figure in that row. */
  readonly against: 'snapshot' | 'faster cache' | 'ceiling';
  /** `times-less`: theirs ÷ ours is at least `bound`; `times-more`: ours ÷ theirs is at most `bound`. */
  readonly kind: 'times-less' | 'times-more';
  readonly bound: (wanted: Case) => number;
};

const fullMs: Figure = (figures) => figures.fullMs;
const fullCpu: Figure = (figures) => figures.fullCpuSeconds;
const changeMs: Figure = (figures) => figures.changeMs;
const changeCpu: Figure = (figures) => figures.changeCpuSeconds;
const byProtocol = ({ protocol }: Case): number => (protocol === 'sotw' ? 10 : 3);

export const TARGETS: readonly Target[] = [
  { what: 'first config', figure: fullMs, against: 'snapshot', kind: 'times-less', bound: () => 3 },
  { what: 'first config, CPU', figure: fullCpu, against: 'snapshot', kind: 'times-less', bound: () => 3 },
  { what: 'change', figure: changeMs, against: 'snapshot', kind: 'times-less', bound: byProtocol },
  { what: 'change, CPU', figure: changeCpu, against: 'snapshot', kind: 'times-less', bound: byProtocol },
  {
    what: 'memory per stream',
    figure: kibibytesPerStream,
    against: 'snapshot',
    kind: 'times-less',
    bound: () => 3,
  },
  { what: 'first config', figure: fullMs, against: 'faster cache', kind: 'times-less', bound: () => 2 },
  { what: 'change', figure: changeMs, against: 'faster cache', kind: 'times-less', bound: () => 2 },
  { what: 'first config', figure: fullMs, against: 'ceiling', kind: 'times-more', bound: () => 3 },
  { what: 'change', figure: changeMs, against: 'ceiling', kind: 'times-more', bound: () => 3 },
];

export type Judged =
  | { readonly kind: 'held' | 'missed'; readonly ratio: number; readonly bound: number }
  /** One of the two has no figure, or one too small to be told from nothing. */
  | { readonly kind: 'unknown'; readonly bound: number };

/** What a row says of one target. */
export function judge(target: Target, row: Row): Judged {
  const bound = target.bound(row.case);
  const figureOf = (whose: Contestant): number | undefined => {
    const figures = row.figures.get(whose);
    const value = figures && target.figure(figures, row.case.streams);
    return value !== undefined && value > 0 ? value : undefined;
  };
  const ours = figureOf('meshgate');
  const theirs = target.against === 'faster cache' ? fasterOf(figureOf) : figureOf(target.against);
  if (ours === undefined || theirs === undefined) return { kind: 'unknown', bound };
  const ratio = target.kind === 'times-less' ? theirs / ours : ours / theirs;
  const held = target.kind === 'times-less' ? ratio >= bound : ratio <= bound;
  return { kind: held ? 'held' : 'missed', ratio, bound };
}

/** Of one cache alone nobody can say that it is the faster one. */
function fasterOf(figureOf: (whose: Contestant) => number | undefined): number | undefined {
  const [snapshot, linear] = [figureOf('snapshot'), figureOf('linear')];
  return snapshot === undefined || linear === undefined ? undefined : Math.min(snapshot, linear);
}
