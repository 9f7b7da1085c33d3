export type SparkFrame = {
  readonly width: number;
  readonly height: number;
  /** The least and largest value drawn; absent: of the values. */
  readonly floor?: number | undefined;
  readonly ceiling?: number | undefined;
};

/** Room for the width of the line. */
const MARGIN = 2;

/** The path of a small line chart. Where a value is null the line is broken; one that stands alone is a dot. */
export function sparkPath(values: readonly (number | null)[], frame: SparkFrame): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return '';
  const floor = frame.floor ?? Math.min(...known);
  const ceiling = frame.ceiling ?? Math.max(...known);
  // What does not change is drawn in the middle, at the ceiling where one is given.
  const flat = ceiling <= floor;
  const x = (index: number): number => MARGIN + (index * (frame.width - 2 * MARGIN)) / Math.max(1, values.length - 1);
  const y = (value: number): number => {
    const share = flat ? (frame.ceiling === undefined ? 0.5 : 1) : (value - floor) / (ceiling - floor);
    return frame.height - MARGIN - Math.min(1, Math.max(0, share)) * (frame.height - 2 * MARGIN);
  };
  return values
    .map((value, index) => {
      if (value === null) return '';
      const spot = `${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
      const before = index > 0 ? values[index - 1] : null;
      if (before !== null && before !== undefined) return `L${spot}`;
      return (values[index + 1] ?? null) === null ? `M${spot}h0.01` : `M${spot}`;
    })
    .join('');
}
