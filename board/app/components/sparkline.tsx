import './sparkline.css';
import { sparkPath } from './spark-path.ts';

const WIDTH = 96;
const HEIGHT = 22;

/** How something went, in the height of a line. The figure beside it says what counts: it is hidden from screen readers. */
export function Sparkline(props: {
  /** Null: nothing is known of that step, and the line is broken there. */
  readonly values: readonly (number | null)[];
  readonly floor?: number;
  readonly ceiling?: number;
  readonly tone: 'good' | 'bad' | 'busy';
}) {
  const path = sparkPath(props.values, { width: WIDTH, height: HEIGHT, floor: props.floor, ceiling: props.ceiling });
  return (
    <svg
      class={`sparkline tone-${props.tone}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      aria-hidden="true"
    >
      <path d={path} />
    </svg>
  );
}
