/** Between a figure and its unit, which a line must not part. */
const NB = '\u00a0';

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumFractionDigits: 1 });

/** `12,345`. */
export const countWords = (value: number): string => whole.format(value);
/** `12.3k`, for places where a column must stay narrow. */
export const shortCount = (value: number): string => (value < 10_000 ? whole.format(value) : short.format(value));

/** A share of 0..1 as percent. What is nearly all, or nearly nothing, never reads as all or nothing: `99.99 %`, not `100 %`. */
export function percentWords(share: number): string {
  if (share === 0 || share === 1) return `${share * 100}${NB}%`;
  const digits = share > 0.999 || share < 0.001 ? 3 : share > 0.99 || share < 0.01 ? 2 : 1;
  const shown = (share * 100).toFixed(digits);
  if (Number(shown) === 100) return `>${NB}99.999${NB}%`;
  return Number(shown) === 0 ? `<${NB}0.001${NB}%` : `${shown}${NB}%`;
}

/** A latency: `0.8 ms`, `12 ms`, `1.4 s`. Above what is measured it is said so. */
export function latencyWords(ms: number): string {
  if (!Number.isFinite(ms)) return `over 30${NB}s`;
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)}${NB}s`;
  return ms < 10 ? `${Math.round(ms * 10) / 10}${NB}ms` : `${Math.round(ms)}${NB}ms`;
}

/** `0.4/s`, `120/s`. */
export const rateWords = (perSecond: number): string =>
  perSecond === 0 ? '0/s' : perSecond < 10 ? `${perSecond.toFixed(1)}/s` : `${shortCount(Math.round(perSecond))}/s`;

/** `1 listener`, `3 listeners`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${countWords(count)} ${count === 1 ? one : many}`;
