export const CHART_TONES = ['accent', 'good', 'warn', 'bad', 'quiet'] as const;
export type ChartTone = (typeof CHART_TONES)[number];

export type ChartSeries = {
  readonly name: string;
  readonly tone: ChartTone;
  /** Told apart from another of the same colour, and by those who see none. */
  readonly dashed?: boolean;
  /** Null: nothing is known of that time, and the line is broken. */
  readonly values: readonly (number | null)[];
};

/** What a chart shows. */
export type ChartData = {
  readonly title: string;
  /** What it comes to, in a sentence. */
  readonly says: string;
  /** Where each value stands: seconds since 1970 for `clock`, seconds from the beginning for `seconds`. */
  readonly times: readonly number[];
  readonly scale: 'clock' | 'seconds';
  readonly series: readonly ChartSeries[];
  /** Times at which something began. */
  readonly marks: readonly { readonly at: number; readonly name: string }[];
  readonly words: (value: number) => string;
  /** The least range of values that is drawn. */
  readonly range?: { readonly min?: number; readonly max?: number };
  readonly stepped?: boolean;
};

/** A time of the chart in words. */
export function timeWords(scale: ChartData['scale'], at: number): string {
  if (scale === 'seconds') return `${Math.round(at * 10) / 10} s`;
  return new Date(at * 1_000).toISOString().slice(11, 19);
}
